import { webhookSecretBytes } from '@binnacle/shared/alerts/channel.ts';
import { describe, expect, it } from 'vitest';
import type { ChannelRow, KeyRow } from '#data/app-answers.ts';
import { channelState, keysInOrder, webhookSecret } from './prepare.ts';

const last = { attempts: 1, lastStatus: 200, lastError: null, createdAt: '2026-01-01T00:00:00Z', sentAt: null };
const channel = (over: Partial<ChannelRow>): ChannelRow => ({
  id: 'a',
  name: 'ops',
  kind: 'slack',
  minSeverity: 'info',
  sendResolved: true,
  enabled: true,
  disabledReason: null,
  createdAt: '2026-01-01T00:00:00Z',
  last: null,
  ...over,
});

describe('channelState', () => {
  it.each<[Partial<ChannelRow>, string]>([
    [{}, 'unknown never used'],
    [{ enabled: false }, 'unknown off'],
    [{ enabled: false, disabledReason: '410' }, 'bad off'],
    [{ last: { ...last, state: 'sent' } }, 'ok delivers'],
    [{ last: { ...last, state: 'queued', attempts: 0 } }, 'unknown sending'],
    [{ last: { ...last, state: 'queued', attempts: 2, lastError: '503' } }, 'attention trying again'],
    [{ last: { ...last, state: 'dead', lastError: '404' } }, 'bad fails'],
  ])('%j is %s', (over, text) => {
    const { status, word } = channelState(channel(over));
    expect(`${status} ${word}`).toBe(text);
  });
});

describe('keysInOrder', () => {
  it('puts the revoked last', () => {
    const key = (id: string, createdAt: string, revokedAt: string | null): KeyRow => ({
      id,
      name: id,
      prefix: 'bnk_',
      scopes: ['write'],
      createdAt,
      lastUsedAt: null,
      revokedAt,
    });
    const keys = [
      key('revoked', '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z'),
      key('old', '2026-01-01T00:00:00Z', null),
      key('new', '2026-02-01T00:00:00Z', null),
    ];
    expect(keysInOrder(keys).map(({ id }) => id)).toEqual(['new', 'old', 'revoked']);
  });
});

describe('webhookSecret', () => {
  it('is one that a channel takes', () => {
    const secret = webhookSecret((bytes) => bytes.map((_, i) => i * 7));
    expect(webhookSecretBytes(secret)).toEqual(new Uint8Array(32).map((_, i) => i * 7));
  });
});
