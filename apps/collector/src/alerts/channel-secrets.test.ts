import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createChannel } from '@binnacle/db/state/notification-channels.ts';
import type { State } from '@binnacle/db/state/open-state.ts';
import { createSealer, isSealed } from '@binnacle/db/state/sealing.ts';
import { startTestPostgres, type TestPostgres } from '@binnacle/db/state/testing/state-for-tests.ts';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { addressPolicy } from '../net/address-policy.ts';
import { createGuardedFetch } from '../net/guarded-fetch.ts';
import { attemptDelivery } from './attempt.ts';
import { gatewaySecretKey, lostKey, protectChannels, secretKeyBytes } from './channel-secrets.ts';
import { testNotification } from './test-notification.ts';
import { quiet, startReceiver } from './testing/alert-bench.ts';

let postgres: TestPostgres;
let state: State;
let folder: string;
beforeAll(async () => {
  postgres = await startTestPostgres();
  state = await postgres.freshState();
  folder = await mkdtemp(path.join(tmpdir(), 'binnacle-secret-'));
});
beforeEach(() => postgres.empty(state));
afterAll(async () => {
  await postgres?.remove();
  await rm(folder, { recursive: true, force: true });
});

const sealer = createSealer(new Uint8Array(32).fill(1));
const input = { kind: 'slack', name: 'ops', minSeverity: 'info', sendResolved: true, enabled: true } as const;
const channel = () => state.prisma.notificationChannel.findFirstOrThrow();

it('a key is made once, for the owner alone', async () => {
  const key = await gatewaySecretKey(undefined, folder);
  expect(key).toHaveLength(32);
  expect(await gatewaySecretKey(undefined, folder)).toEqual(key);
  const file = path.join(folder, 'secret-key');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const given = Buffer.alloc(32, 5);
  expect(Buffer.from(await gatewaySecretKey(given.toString('base64'), folder))).toEqual(given);
  const kept = await readFile(file, 'utf8');
  await writeFile(file, 'short');
  await expect(gatewaySecretKey(undefined, folder)).rejects.toMatchObject({ code: 'bad_config' });
  await writeFile(file, kept);
});

it.each(['', 'short', 'x'.repeat(44), Buffer.alloc(31).toString('base64')])('"%s" is no key', (text) => {
  expect(() => secretKeyBytes(text)).toThrow('32 bytes in base64');
});

it('a channel is saved sealed, is delivered to, and is not saved before there is a key', async () => {
  const receiver = await startReceiver();
  const fetchGuarded = createGuardedFetch(addressPolicy('127.0.0.1'));
  await expect(createChannel(state, { ...input, url: receiver.url })).rejects.toMatchObject({
    code: 'state_unavailable',
  });
  await protectChannels(state, sealer, quiet);
  await createChannel(state, { ...input, url: receiver.url });
  const row = await channel();
  expect(isSealed(row.url)).toBe(true);
  const sender = { fetchGuarded, externalUrl: null, now: Date.now, unseal: sealer.open };
  const { outcome } = await attemptDelivery(sender, row, testNotification(Date.now()));
  expect(outcome.kind).toBe('sent');
  expect(receiver.received).toHaveLength(1);
  await fetchGuarded.close();
  await receiver.close();
});

it('what lay open is sealed at start', async () => {
  const secret = 'whsec_open';
  await state.prisma.notificationChannel.create({
    data: { ...input, kind: 'webhook', url: 'https://x.example', secret },
  });
  await protectChannels(state, sealer, quiet);
  const row = await channel();
  expect([row.url, row.secret ?? ''].map((text) => [isSealed(text), sealer.open(text)])).toEqual([
    [true, 'https://x.example'],
    [true, secret],
  ]);
  expect(row.enabled).toBe(true);
});

it('a lost key switches the channel off with a sentence, and a delivery says so too', async () => {
  await protectChannels(state, sealer, quiet);
  await createChannel(state, { ...input, url: 'https://x.example' });
  const other = createSealer(new Uint8Array(32).fill(2));
  await protectChannels(state, other, quiet);
  const row = await channel();
  expect(row).toMatchObject({ enabled: false, disabledReason: lostKey });
  const fetchGuarded = createGuardedFetch(addressPolicy(''));
  const sender = { fetchGuarded, externalUrl: null, now: Date.now, unseal: other.open };
  const { outcome } = await attemptDelivery(sender, row, testNotification(Date.now()));
  expect(outcome).toEqual({ kind: 'gone', status: null, reason: lostKey });
  await fetchGuarded.close();
});
