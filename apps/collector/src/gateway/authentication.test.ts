import type { Principal } from '@binnacle/shared/access.ts';
import type { BinnacleError } from '@binnacle/shared/errors.ts';
import { describe, expect, it } from 'vitest';
import { type Caller, createAuthorize, type DoorAction } from './authentication.ts';

const keys: Record<string, Principal> = {
  bnk_write: { kind: 'key', id: '1', name: 'w', scopes: ['write'] },
  bnk_read: { kind: 'key', id: '2', name: 'r', scopes: ['read'] },
  bnk_both: { kind: 'key', id: '3', name: 'b', scopes: ['write', 'read'] },
};
const settingsKey = 'a-key-of-the-settings';
const open = createAuthorize({ host: '0.0.0.0', apiKey: settingsKey, verifyKey: async (key) => keys[key] });
const local = createAuthorize({ host: '127.0.0.1', apiKey: undefined, verifyKey: async () => undefined });

async function outcome(authorize: typeof open, caller: Caller, action: DoorAction): Promise<string> {
  try {
    await authorize(caller, action);
    return 'in';
  } catch (error) {
    return (error as BinnacleError).code;
  }
}

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const basic = (key: string, user = 'prometheus') => ({
  authorization: `Basic ${Buffer.from(`${user}:${key}`).toString('base64')}`,
});
const callers: Record<string, Caller['headers']> = {
  nobody: {},
  'an unknown key': bearer('bnk_none'),
  'a write key': bearer('bnk_write'),
  'a read key': bearer('bnk_read'),
  'a read key as Basic password': basic('bnk_read'),
  'a key with both scopes': bearer('bnk_both'),
  'the key of the settings': bearer(settingsKey),
};
const doors: DoorAction[] = [
  'open',
  'telemetry:write',
  'telemetry:read',
  'alerts:read',
  'sources:read',
  'channels:test',
];
const in_ = 'in';
const none = 'unauthenticated';
const not = 'forbidden';
const expected: Record<string, string[]> = {
  //                               open  write  read   alerts sources test
  nobody: [in_, none, none, none, none, none],
  'an unknown key': [in_, none, none, none, none, none],
  'a write key': [in_, in_, not, not, not, not],
  'a read key': [in_, not, in_, in_, in_, not],
  'a read key as Basic password': [in_, not, in_, in_, in_, not],
  'a key with both scopes': [in_, in_, in_, in_, in_, not],
  'the key of the settings': [in_, in_, in_, in_, in_, in_],
};

describe('bound to an address that others reach', () => {
  const table = Object.entries(callers).flatMap(([who, headers]) =>
    doors.map((door, i) => [who, door, headers, expected[who]?.[i]] as const),
  );
  it.each(table)('%s at a door for %s', async (_who, door, headers, wanted) => {
    expect(await outcome(open, { method: 'POST', headers: { host: 'gateway.example:4318', ...headers } }, door)).toBe(
      wanted,
    );
  });

  it.each([['Bearer'], ['Bearer  '], ['Basic !!!'], ['Digest bnk_read'], [`Bearer ${'x'.repeat(600)}`]])(
    'a malformed header (%s) is nobody',
    async (authorization) => {
      expect(await outcome(open, { method: 'GET', headers: { authorization } }, 'telemetry:read')).toBe(none);
    },
  );
});

describe('bound to loopback', () => {
  const cases: [string, string, Caller['headers'], string][] = [
    ['a tool', 'POST', { host: '127.0.0.1:4318' }, 'in'],
    ['a tool by name', 'GET', { host: 'localhost:4318' }, 'in'],
    ['IPv6', 'GET', { host: '[::1]:4318' }, 'in'],
    [
      'a page of the web app',
      'POST',
      { host: '127.0.0.1:4318', origin: 'http://localhost:3000', 'sec-fetch-site': 'same-origin' },
      'in',
    ],
    ['a name rebound to 127.0.0.1', 'GET', { host: 'evil.example:4318' }, 'forbidden'],
    ['a name that begins like loopback', 'GET', { host: '127.0.0.1.evil.example' }, 'forbidden'],
    ['no Host at all', 'GET', {}, 'forbidden'],
    [
      'a page of another site that writes',
      'POST',
      { host: '127.0.0.1:4318', origin: 'https://evil.example' },
      'forbidden',
    ],
    ['a page that hides its origin', 'POST', { host: '127.0.0.1:4318', origin: 'null' }, 'forbidden'],
    [
      'a query that a page of another site loads as an image',
      'GET',
      { host: '127.0.0.1:4318', 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'image' },
      'forbidden',
    ],
    [
      'a link on another site that a person follows',
      'GET',
      { host: '127.0.0.1:4318', 'sec-fetch-site': 'cross-site', 'sec-fetch-dest': 'document' },
      'in',
    ],
    ['another site by Sec-Fetch-Site', 'POST', { host: '127.0.0.1:4318', 'sec-fetch-site': 'cross-site' }, 'forbidden'],
  ];
  it.each(cases)('%s', async (_name, method, headers, wanted) => {
    expect(await outcome(local, { method, headers }, 'telemetry:write')).toBe(wanted);
  });
});
