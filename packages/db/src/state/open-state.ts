import { PrismaPg } from '@prisma/adapter-pg';
import { PrismaClient } from '../generated/prisma/client.ts';

/** The state store: Postgres, through Prisma. One per process. */
export interface State {
  readonly prisma: PrismaClient;
  /** With its password: a secret, for what needs a connection of its own. */
  readonly databaseUrl: string;
  close(): Promise<void>;
}

export interface OpenStateOptions {
  readonly databaseUrl: string;
  /** Connections at most; 10 where not given. */
  readonly maxConnections?: number;
}

/**
 * Opens the state store. Connects at the first query, so that a Postgres that is away does not stop a process from
 * starting: queries then fail within 5 s, with an error that `isStateAway` knows, and work again when it is back.
 * The schema must have been brought up to date by `migrateState`.
 */
export async function openState({ databaseUrl, maxConnections = 10 }: OpenStateOptions): Promise<State> {
  const adapter = new PrismaPg(
    {
      connectionString: databaseUrl,
      max: maxConnections,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      query_timeout: 20_000,
      keepAlive: true,
      application_name: 'binnacle',
    },
    // A connection that breaks while idle is replaced at the next query; without listeners it would end the process.
    { onPoolError: () => undefined, onConnectionError: () => undefined },
  );
  const prisma = new PrismaClient({ adapter });
  return { prisma, databaseUrl, close: () => prisma.$disconnect() };
}
