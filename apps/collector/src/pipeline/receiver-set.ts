import type { RecordSink } from '@binnacle/shared/telemetry/records.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type {
  GrpcMethod,
  PolledTargets,
  Recall,
  Receiver,
  ReceiverDefinition,
  RowSink,
  SourceStatus,
} from '../receivers/receiver.ts';
import type { SourceFreshness } from './freshness.ts';
import { observeFreshness } from './freshness-metrics.ts';
import type { Pipeline } from './pipeline.ts';

export interface ReceiverSetOptions {
  readonly pipeline: Pipeline;
  readonly records: RecordSink;
  /** Takes spans and log records; absent where there is no store for them. */
  readonly rows?: RowSink;
  /** Where receivers learn what they put before this process began. */
  readonly recall?: Recall;
  readonly log: Logger;
  /** ms since 1970 */
  readonly now: () => number;
}

/** A door that a receiver opened, with what came through it since this process began. */
export interface DoorStatus {
  readonly receiver: string;
  readonly path: string;
  readonly accepted: number;
  readonly refused: Record<string, number>;
}

interface Member {
  readonly name: string;
  readonly receiver: Receiver;
  readonly paths: string[];
}

/** The receivers that one process runs, made from its config. */
export class ReceiverSet {
  readonly #members: Member[] = [];
  readonly #pipeline: Pipeline;
  readonly #log: Logger;
  readonly #unobserve: () => void;

  constructor(
    definitions: readonly ReceiverDefinition<unknown>[],
    config: Readonly<Record<string, unknown>>,
    options: ReceiverSetOptions,
  ) {
    this.#pipeline = options.pipeline;
    this.#log = options.log;
    for (const definition of definitions) {
      const log = options.log.child({ receiver: definition.name });
      const receiver = definition.create(config[definition.name], {
        sink: options.pipeline,
        records: options.records,
        ...(options.rows === undefined ? {} : { rows: options.rows }),
        ...(options.recall === undefined ? {} : { recall: options.recall }),
        log,
        now: options.now,
      });
      this.#members.push({ name: definition.name, receiver, paths: [] });
    }
    this.#unobserve = observeFreshness(options.pipeline, () =>
      this.#members.flatMap(({ receiver }) => receiver.sources()),
    );
  }

  /** Registers the routes of the push receivers in groups of their own. */
  async routes(app: FastifyInstance): Promise<void> {
    for (const member of this.#members) {
      const { receiver } = member;
      if (receiver.routes === undefined) continue;
      await app.register(async (group) => {
        group.addHook('onRoute', (route) => {
          if (route.method !== 'HEAD' && !member.paths.includes(route.url)) member.paths.push(route.url);
        });
        receiver.routes?.(group);
      });
    }
  }

  /** Methods of the gRPC door, of all receivers that have some. */
  grpcMethods(): GrpcMethod[] {
    return this.#members.flatMap(({ receiver }) => receiver.grpcMethods?.() ?? []);
  }

  start(): void {
    for (const { name, receiver } of this.#members) {
      try {
        receiver.start?.();
      } catch (error) {
        // The contract forbids it; one source must not keep the others from being read.
        this.#log.error({ receiver: name, err: error }, 'a receiver did not start');
      }
    }
  }

  /** Stops all of them at once; resolves when every one has stopped, and logs those that fail to. */
  async stop(): Promise<void> {
    this.#unobserve();
    const outcomes = await Promise.allSettled(this.#members.map(({ receiver }) => receiver.stop()));
    for (const [i, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected')
        this.#log.error({ receiver: this.#members[i]?.name, err: outcome.reason }, 'a receiver did not stop cleanly');
    }
  }

  sources(): SourceStatus[] {
    const fresh = this.#pipeline.freshness;
    return this.#members.flatMap(({ receiver }) =>
      receiver.sources().map((status) => ({
        ...status,
        lastSampleAt: newest(status.lastSampleAt, fresh.of(status.receiver, status.source)),
      })),
    );
  }

  /** Targets of the receivers that know more of them than their sources say, by the receiver's name. */
  targets(): ReadonlyMap<string, PolledTargets> {
    return new Map(
      this.#members.flatMap(({ name, receiver }) => {
        const targets = receiver.targets?.();
        return targets === undefined ? [] : [[name, targets] as const];
      }),
    );
  }

  doors(): DoorStatus[] {
    const all = [...this.#pipeline.freshness.all()];
    return this.#members.flatMap(({ name, receiver, paths }) => {
      const statuses = receiver.sources();
      return paths.map((path) => {
        // A receiver with several doors says which of its sources comes through which.
        const own = statuses.filter(({ address }) => address === `POST ${path}`).map(({ source }) => source);
        let accepted = 0;
        const refused: Record<string, number> = {};
        for (const source of all) {
          if (source.receiver !== name || (own.length > 0 && !own.includes(source.source))) continue;
          accepted += source.accepted;
          for (const [reason, { count }] of source.refused) refused[reason] = (refused[reason] ?? 0) + count;
        }
        return { receiver: name, path, accepted, refused };
      });
    });
  }
}

function newest(told: number | null, fresh: SourceFreshness | undefined): number | null {
  const seen = fresh?.lastSampleAt ?? null;
  return told === null || (seen !== null && seen > told) ? seen : told;
}
