import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { missingOptionals, platformOf } from './scripts/complete-lock.mjs';

it('the lock has an entry for every optional package of every platform (else run infra/scripts/complete-lock.mjs)', () => {
  const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  expect(Object.keys(lock.packages).length).toBeGreaterThan(100);
  expect(missingOptionals(lock)).toEqual([]);
});

it('sees a platform package that is missing, and reads its platform from its name', () => {
  const packages = { '': {}, 'node_modules/a': { optionalDependencies: { '@a/linux-arm64-musl': '1.0.0' } } };
  expect(missingOptionals({ packages })).toEqual([['node_modules/a', '@a/linux-arm64-musl', '1.0.0']]);
  expect(platformOf('@a/linux-arm64-musl')).toEqual({ cpu: ['arm64'], libc: ['musl'], os: ['linux'] });
  expect(platformOf('@a/darwin-64')).toEqual({ cpu: ['x64'], os: ['darwin'] });
});
