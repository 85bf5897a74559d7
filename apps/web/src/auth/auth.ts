import 'server-only';
import { prismaAdapter } from '@better-auth/prisma-adapter';
import { betterAuth } from 'better-auth';
import { stateStore } from '#data/state-store.ts';
import { minPasswordLength } from './mode.ts';

async function createAuth() {
  const { prisma } = await stateStore();
  const publicUrl = process.env.BETTER_AUTH_URL;
  return betterAuth({
    appName: 'Binnacle',
    database: prismaAdapter(prisma, { provider: 'postgresql' }),
    secret: process.env.BETTER_AUTH_SECRET as string,
    ...(publicUrl ? { baseURL: publicUrl } : {}),
    // The sign-in form is a page of this very host, whatever name it was reached by; other sites' pages are not.
    trustedOrigins: (request?: Request) => {
      const host = request?.headers.get('host');
      return host ? [`http://${host}`, `https://${host}`] : [];
    },
    // No redirects or mails are made here, so the missing base URL that it would warn of is none.
    logger: { level: 'error' },
    // Nobody signs up: administrators let people in.
    emailAndPassword: { enabled: true, disableSignUp: true, minPasswordLength },
    user: { additionalFields: { role: { type: 'string', defaultValue: 'viewer', input: false } } },
    session: { expiresIn: 7 * 86_400, updateAge: 86_400 },
    advanced: { useSecureCookies: publicUrl?.startsWith('https://') ?? false, cookiePrefix: 'binnacle' },
    telemetry: { enabled: false },
  });
}

export type Auth = Awaited<ReturnType<typeof createAuth>>;

const shared = globalThis as typeof globalThis & { binnacleAuth?: Promise<Auth> | undefined };

/** better-auth on the state store, with the first administrator made where nobody is there. One per process. */
export function auth(): Promise<Auth> {
  shared.binnacleAuth ??= createAuth()
    .then(async (made) => {
      await makeFirstAdministrator(made);
      return made;
    })
    .catch((error: unknown) => {
      // Postgres may be away for a moment: the next request tries again.
      shared.binnacleAuth = undefined;
      throw error;
    });
  return shared.binnacleAuth;
}

async function makeFirstAdministrator(made: Auth): Promise<void> {
  const { prisma } = await stateStore();
  if ((await prisma.user.count()) > 0) return;
  const context = await made.$context;
  const email = (process.env.BINNACLE_ADMIN_EMAIL as string).toLowerCase();
  const user = await context.internalAdapter.createUser(
    { email, name: email, emailVerified: true, role: 'admin' },
    { method: 'email-password' },
  );
  await context.internalAdapter.linkAccount({
    userId: user.id,
    accountId: user.id,
    providerId: 'credential',
    password: await context.password.hash(process.env.BINNACLE_ADMIN_PASSWORD as string),
  });
}
