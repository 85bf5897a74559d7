import { fileURLToPath } from 'node:url';
import type { NextConfig } from 'next';

const config: NextConfig = {
  // Docker images take the standalone form, `npm start` the ordinary one.
  ...(process.env.BINNACLE_WEB_STANDALONE === '1' ? { output: 'standalone' as const } : {}),
  transpilePackages: ['@binnacle/shared', '@binnacle/db', '@binnacle/promql'],
  serverExternalPackages: ['@prisma/client', '@prisma/adapter-pg', 'pg'],
  turbopack: { root: fileURLToPath(new URL('../..', import.meta.url)) },
  // A second server beside a running one needs a folder of its own.
  ...(process.env.NEXT_DIST_DIR ? { distDir: process.env.NEXT_DIST_DIR } : {}),
  // Types are a check of their own (`npm test`, `turbo run typecheck`): `npm start` need not wait for them.
  typescript: { ignoreBuildErrors: true },
  poweredByHeader: false,
  reactStrictMode: true,
  devIndicators: false,
  redirects: async () => [{ source: '/overview', destination: '/', permanent: false }],
};

export default config;
