import { expect, it } from 'vitest';
import { createSealer, isSealed, seal } from './sealing.ts';

const key = new Uint8Array(32).fill(7);
const url = 'https://hooks.slack.com/services/T0/B0/very-secret-ü';

it('opens what was sealed for the key, after a restart too', () => {
  const sealed = seal(createSealer(key).publicKey, url);
  expect(isSealed(sealed)).toBe(true);
  expect(sealed).not.toContain('secret');
  expect(createSealer(key).open(sealed)).toBe(url);
});

it('seals the same text to another one each time', () => {
  const { publicKey } = createSealer(key);
  expect(seal(publicKey, url)).not.toBe(seal(publicKey, url));
});

it('opens nothing of another key, and nothing that was changed', () => {
  const sealer = createSealer(key);
  const sealed = seal(sealer.publicKey, url);
  expect(createSealer(new Uint8Array(32)).open(sealed)).toBeNull();
  for (const at of [30, 60, 90, sealed.length - 2]) {
    const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
    expect(sealer.open(changed)).toBeNull();
  }
  expect(sealer.open('sealed:v1::')).toBeNull();
  expect(sealer.open(url)).toBeNull();
});
