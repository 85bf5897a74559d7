import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { State } from './open-state.ts';

/**
 * Texts that lie in Postgres sealed: AES-256-GCM under a key that X25519 and HKDF-SHA256 agree on between a key of the
 * moment and the gateway's. The gateway publishes its public half in Postgres, so whoever saves a channel (the web app)
 * can seal, and the gateway alone can open. A sealed text is `sealed:v1:<key id>:<base64url of key of the moment (32),
 * nonce (12), tag (16), ciphertext>`.
 */
const prefix = 'sealed:v1:';
const info = 'binnacle sealed text v1';
/** DER around a raw X25519 key: RFC 8410. */
const privateHead = Buffer.from('302e020100300506032b656e04220420', 'hex');
const publicHead = Buffer.from('302a300506032b656e032100', 'hex');

export interface Sealer {
  /** Names the key, and says nothing of it. */
  readonly keyId: string;
  /** Base64; enough to seal, not to open. */
  readonly publicKey: string;
  /** What was sealed for this key; null for what was sealed for another, or was changed. */
  open(sealed: string): string | null;
}

export const isSealed = (text: string): boolean => text.startsWith(prefix);

/** What opens what was sealed for a secret of 32 bytes. */
export function createSealer(secretKey: Uint8Array): Sealer {
  const seed = Buffer.from(hkdfSync('sha256', secretKey, Buffer.alloc(0), 'binnacle sealing key v1', 32));
  const privateKey = createPrivateKey({ key: Buffer.concat([privateHead, seed]), format: 'der', type: 'pkcs8' });
  const own = rawPublic(createPublicKey(privateKey));
  const keyId = idOf(own);
  return {
    keyId,
    publicKey: own.toString('base64'),
    open(sealed) {
      const [id, packed = ''] = sealed.slice(prefix.length).split(':');
      const bytes = Buffer.from(packed, 'base64url');
      if (!isSealed(sealed) || id !== keyId || bytes.length < 60) return null;
      try {
        const moment = bytes.subarray(0, 32);
        const key = agreed(privateKey, publicOf(moment), moment, own);
        const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(32, 44)).setAuthTag(bytes.subarray(44, 60));
        return Buffer.concat([cipher.update(bytes.subarray(60)), cipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
  };
}

/** Seals a text for the gateway whose public key this is. */
export function seal(publicKey: string, text: string): string {
  const theirs = Buffer.from(publicKey, 'base64');
  const moment = generateKeyPairSync('x25519');
  const momentPublic = rawPublic(moment.publicKey);
  const nonce = randomBytes(12);
  const cipher = createCipheriv(
    'aes-256-gcm',
    agreed(moment.privateKey, publicOf(theirs), momentPublic, theirs),
    nonce,
  );
  const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  const packed = Buffer.concat([momentPublic, nonce, cipher.getAuthTag(), encrypted]);
  return `${prefix}${idOf(theirs)}:${packed.toString('base64url')}`;
}

/** Tells everybody who saves secrets to seal them for this key from now on. */
export async function publishSealingKey({ prisma }: State, { keyId, publicKey }: Sealer): Promise<void> {
  const usedAt = new Date();
  await prisma.sealingKey.upsert({
    where: { id: keyId },
    create: { id: keyId, publicKey, usedAt },
    update: { usedAt },
  });
}

/** The key to seal for. Throws `state_unavailable` until a gateway has published one. */
export async function sealingKey({ prisma }: State): Promise<string> {
  const row = await prisma.sealingKey.findFirst({ orderBy: { usedAt: 'desc' } });
  if (row !== null) return row.publicKey;
  throw new BinnacleError('state_unavailable', 'No gateway has made a key for secrets yet: start it, then save again.');
}

const idOf = (publicKey: Uint8Array) => createHash('sha256').update(publicKey).digest('hex').slice(0, 16);
const rawPublic = (key: KeyObject) => key.export({ format: 'der', type: 'spki' }).subarray(publicHead.length);
const publicOf = (raw: Uint8Array) =>
  createPublicKey({ key: Buffer.concat([publicHead, raw]), format: 'der', type: 'spki' });

function agreed(privateKey: KeyObject, publicKey: KeyObject, moment: Uint8Array, theirs: Uint8Array): Buffer {
  const shared = diffieHellman({ privateKey, publicKey });
  return Buffer.from(hkdfSync('sha256', shared, Buffer.concat([moment, theirs]), info, 32));
}
