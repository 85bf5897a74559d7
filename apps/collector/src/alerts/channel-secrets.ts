import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { State } from '@binnacle/db/state/open-state.ts';
import { isSealed, publishSealingKey, type Sealer, seal } from '@binnacle/db/state/sealing.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';

export const lostKey =
  'Its address is sealed under a key that this gateway does not have. Give every gateway the same BINNACLE_SECRET_KEY or ' +
  'secret-key file and switch the channel on again, or delete it and make it anew.';

/** The 32 bytes of `BINNACLE_SECRET_KEY`. Throws `bad_config` for a text that is not 32 bytes in base64. */
export function secretKeyBytes(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 32 && /^[A-Za-z0-9+/]{43}=?$/.test(text.trim())) return bytes;
  throw new BinnacleError('bad_config', 'BINNACLE_SECRET_KEY must be 32 bytes in base64: openssl rand -base64 32');
}

/** The key of this gateway: the given one, else that of `secret-key` in the data directory, made where there is none. */
export async function gatewaySecretKey(given: string | undefined, dataDir: string): Promise<Uint8Array> {
  if (given !== undefined) return secretKeyBytes(given);
  const file = path.join(dataDir, 'secret-key');
  try {
    await writeFile(file, `${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error;
  }
  const bytes = Buffer.from((await readFile(file, 'utf8')).trim(), 'base64');
  if (bytes.length === 32) return bytes;
  throw new BinnacleError(
    'bad_config',
    `${file} does not hold 32 bytes in base64: put the right one back, or delete it.`,
  );
}

/**
 * Publishes the key, seals what lies open in channels' rows, and switches those off, with a sentence, that were sealed
 * for another key.
 */
export async function protectChannels(state: State, sealer: Sealer, log: Logger): Promise<void> {
  await publishSealingKey(state, sealer);
  const rows = await state.prisma.notificationChannel.findMany();
  for (const { id, name, url, secret, enabled } of rows) {
    const open = [url, secret].some((text) => text !== null && !isSealed(text));
    if (open) {
      const sealed = (text: string) => (isSealed(text) ? text : seal(sealer.publicKey, text));
      // only what was read: somebody may have saved it in between
      await state.prisma.notificationChannel.updateMany({
        where: { id, url, secret },
        data: { url: sealed(url), secret: secret === null ? null : sealed(secret) },
      });
    }
    const lost = [url, secret].some((text) => text !== null && isSealed(text) && sealer.open(text) === null);
    if (!lost || !enabled) continue;
    log.warn({ channel: name }, `alerts: channel switched off. ${lostKey}`);
    await state.prisma.notificationChannel.update({ where: { id }, data: { enabled: false, disabledReason: lostKey } });
  }
}
