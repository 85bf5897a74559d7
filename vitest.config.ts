import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Unit and integration tests. Those with a real engine run one file at a time: chDB and Postgres are heavy on 2 cores. */
export default defineConfig({
  test: {
    root,
    include: ['packages/*/{src,test}/**/*.test.ts', 'apps/*/{src,test}/**/*.test.{ts,tsx}', 'infra/**/*.test.ts'],
    // Gateways of several tests run at once, and each would want the same port.
    env: { BINNACLE_GRPC_PORT: 'off' },
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
