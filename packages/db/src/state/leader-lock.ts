import postgres from 'postgres';

/** One holder among all processes on a database: a Postgres advisory lock on a connection of its own. */
export interface LeaderLock {
  /**
   * Takes the lock, or makes sure that it is still held. False while another process holds it. Throws when Postgres is
   * away; the lock is then lost, since it ends with its connection.
   */
  hold(): Promise<boolean>;
  /** Server process that holds the lock for us, or null: a transaction can check it, see `AlertStore`. */
  readonly backendPid: number | null;
  /** Gives the lock back and closes the connection. */
  release(): Promise<void>;
}

/** `key` is any 31-bit number; every process that must take turns uses the same. */
export function createLeaderLock(databaseUrl: string, key: number): LeaderLock {
  const open = () =>
    postgres(databaseUrl, {
      max: 1,
      connect_timeout: 5,
      idle_timeout: 0,
      max_lifetime: null,
      onnotice: () => undefined,
      connection: { application_name: 'binnacle alert evaluator' },
    });
  let sql: ReturnType<typeof open> | null = null;
  let backendPid: number | null = null;

  const drop = async () => {
    const old = sql;
    sql = null;
    backendPid = null;
    await old?.end({ timeout: 1 }).catch(() => undefined);
  };

  return {
    get backendPid() {
      return backendPid;
    },
    async hold() {
      sql ??= open();
      try {
        // The driver connects again by itself, and a new connection holds nothing: its process id tells.
        const [row] = await withinSeconds(5, sql`SELECT pg_backend_pid() AS pid`);
        if (backendPid !== null && row?.pid === backendPid) return true;
        backendPid = null;
        const [taken] = await withinSeconds(
          5,
          sql`SELECT pg_try_advisory_lock(${key}::bigint) AS held, pg_backend_pid() AS pid`,
        );
        if (taken?.held === true) backendPid = taken.pid as number;
        return backendPid !== null;
      } catch (error) {
        await drop();
        throw error;
      }
    },
    release: drop,
  };
}

async function withinSeconds<T>(seconds: number, query: PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error('Postgres did not answer in time'), { code: 'CONNECT_TIMEOUT' });
    timer = setTimeout(() => reject(error), seconds * 1000);
  });
  try {
    return await Promise.race([query, late]);
  } finally {
    clearTimeout(timer);
  }
}
