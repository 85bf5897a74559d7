import type { Status } from '#components/ui/status.tsx';
import type { ChannelRow, KeyRow } from '#data/app-answers.ts';

/** State of a channel in a word, with the sentence behind it. */
export function channelState(channel: ChannelRow): { status: Status; word: string; reason: string | null } {
  const { enabled, disabledReason, last } = channel;
  if (!enabled) return { status: disabledReason === null ? 'unknown' : 'bad', word: 'off', reason: disabledReason };
  if (last === null) return { status: 'unknown', word: 'never used', reason: null };
  if (last.state === 'dead') return { status: 'bad', word: 'fails', reason: last.lastError };
  if (last.state === 'queued' && last.attempts > 0)
    return { status: 'attention', word: 'trying again', reason: last.lastError };
  if (last.state === 'queued') return { status: 'unknown', word: 'sending', reason: null };
  return { status: 'ok', word: 'delivers', reason: null };
}

/** Keys that still open the door, the newest first, then the revoked ones. */
export const keysInOrder = (keys: readonly KeyRow[]): KeyRow[] =>
  [...keys].sort(
    (a, b) =>
      Number(a.revokedAt !== null) - Number(b.revokedAt !== null) || Date.parse(b.createdAt) - Date.parse(a.createdAt),
  );

/** A signing secret as Standard Webhooks has it: `whsec_` and 32 random bytes in base64. */
export function webhookSecret(random: (bytes: Uint8Array) => Uint8Array): string {
  const bytes = random(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}
