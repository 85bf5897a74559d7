import path from 'node:path';
import { listApiKeys, verifyApiKey } from '@binnacle/db/state/api-keys.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@binnacle/db/state/embedded-postgres.ts';
import { migrateState } from '@binnacle/db/state/migrate-state.ts';
import { openState, type State } from '@binnacle/db/state/open-state.ts';
import type { Principal } from '@binnacle/shared/access.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';

export interface StateLinkOptions {
  /** Postgres of the user's; without it an embedded one is started in the data directory. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly log: Logger;
  /** Told when the state store has been opened and migrated; told again later where it fails, until it does not. */
  readonly onOpen: (state: State) => Promise<void>;
  /** Seconds before the attempt; tests make it short. */
  readonly backoffSeconds?: (attempt: number) => number;
}

/**
 * The gateway's way to Postgres. Telemetry does not wait for it: where it is away at the start, attempts go on behind
 * it, and what needs it says `state_unavailable` meanwhile. Once open, the client finds its own way back.
 */
export class StateLink {
  readonly #options: StateLinkOptions;
  #embedded: EmbeddedPostgres | undefined;
  #state: State | undefined;
  #told = false;
  #port: number | undefined;
  #problem = 'Postgres is being started';
  #stopped = false;
  #wake: (() => void) | undefined;
  #attempts: Promise<void> | undefined;

  constructor(options: StateLinkOptions) {
    this.#options = options;
  }

  /** The state store, or undefined while it was never reached. */
  get state(): State | undefined {
    return this.#state;
  }

  /** Begins to connect; resolves after the first attempt, however it went. */
  async start(): Promise<void> {
    if (await this.#attempt()) return;
    this.#attempts = this.#goOn();
  }

  /** A sentence when Postgres does not answer a query now, else undefined. */
  async problem(): Promise<string | undefined> {
    if (this.#state === undefined) return this.#problem;
    try {
      await this.#state.prisma.$queryRaw`SELECT 1`;
      return undefined;
    } catch {
      return 'Postgres does not answer';
    }
  }

  /** Who the key belongs to; undefined for one that is unknown or revoked. Throws `state_unavailable`. */
  async verifyKey(key: string): Promise<Principal | undefined> {
    return (await verifyApiKey(this.required(), key)) ?? undefined;
  }

  /** Whether at least one key may be used; undefined while nobody can know. */
  async hasKeys(): Promise<boolean | undefined> {
    if (this.#state === undefined) return undefined;
    const keys = await listApiKeys(this.#state).catch(() => undefined);
    return keys?.some((key) => key.revokedAt === null);
  }

  /** The state store. Throws `state_unavailable` while it was never reached. */
  required(): State {
    if (this.#state === undefined)
      throw new BinnacleError('state_unavailable', this.#problem, { retryAfterSeconds: 5 });
    return this.#state;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    await this.#attempts;
    await this.#state?.close();
    await this.#embedded?.stop();
    process.off('exit', this.#leaveNothing);
  }

  /** When this process ends without a stop: Postgres' immediate shutdown, from which it recovers at the next start. */
  readonly #leaveNothing = (): void => {
    try {
      if (this.#embedded !== undefined) process.kill(this.#embedded.pid, 'SIGQUIT');
    } catch {
      // it is gone
    }
  };

  async #goOn(): Promise<void> {
    for (let attempt = 1; !this.#stopped; attempt++) {
      await this.#pause((this.#options.backoffSeconds ?? ((n: number) => Math.min(30, 2 ** Math.min(n, 5))))(attempt));
      if (this.#stopped || (await this.#attempt())) return;
    }
  }

  async #attempt(): Promise<boolean> {
    const { log } = this.#options;
    try {
      const databaseUrl = this.#options.databaseUrl ?? (await this.#startEmbedded());
      const applied = await migrateState(databaseUrl);
      if (applied.length > 0) log.info({ applied }, 'Postgres: migrations applied');
      this.#state ??= await openState({ databaseUrl });
      if (!this.#told) await this.#options.onOpen(this.#state);
      this.#told = true;
      return true;
    } catch (error) {
      this.#problem =
        error instanceof BinnacleError ? error.message : 'Postgres could not be opened; the log has the reason';
      log.error({ err: error }, 'Postgres is away: telemetry goes on, rules, channels and API keys wait for it');
      return false;
    }
  }

  async #startEmbedded(): Promise<string> {
    const { dataDir, log } = this.#options;
    this.#embedded ??= await startEmbeddedPostgres({
      dataDir: path.join(dataDir, 'postgres'),
      ...(this.#port === undefined ? {} : { port: this.#port }),
      log,
      onUnexpectedExit: (reason) => {
        log.error({ reason }, 'the embedded Postgres ended; it is started again');
        this.#embedded = undefined;
        if (!this.#stopped) this.#attempts = this.#goOn();
      },
    });
    process.off('exit', this.#leaveNothing);
    process.once('exit', this.#leaveNothing);
    // A server that has to be started again comes back at the same address: whoever uses the state store keeps it.
    this.#port = this.#embedded.port;
    return this.#embedded.databaseUrl;
  }

  #pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
