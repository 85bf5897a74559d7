import type { TelemetryStore } from '@binnacle/db/telemetry/store.ts';
import { createEngine } from '@binnacle/promql/engine/engine.ts';
import type { FreshnessAnswer } from '@binnacle/shared/api/freshness.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import type { Limits } from '../../pipeline/limits.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { ReceiverSet } from '../../pipeline/receiver-set.ts';
import { observeGauge } from '../../telemetry/instruments.ts';
import { doorGroup } from '../server.ts';
import { freshnessAnswer } from './answer.ts';
import { type Recalled, recallFreshness } from './recall.ts';

export interface FreshnessContext {
  readonly store: SampleReader & Pick<TelemetryStore, 'spool'>;
  readonly pipeline: Pipeline;
  readonly receivers: ReceiverSet;
  readonly limits: Limits;
  /** The label `instance` of the gateway's own metrics. */
  readonly instance: string;
  readonly log: Logger;
  /** ms since 1970 */
  readonly now: () => number;
}

/**
 * Recalls what the process before knew of its sources, and opens `GET /api/binnacle/freshness`. Call before anything is
 * taken in. A store that does not answer now is no reason not to start: the answer says that nothing could be recalled.
 * Returns how to end it.
 */
export async function openFreshness(app: FastifyInstance, context: FreshnessContext): Promise<() => void> {
  const { store, pipeline, instance, log, now } = context;
  const recalled: Recalled = await recallFreshness(
    createEngine({ reader: store, now }),
    pipeline.freshness,
    instance,
    now(),
  ).catch((error: unknown) => {
    log.warn({ err: error }, 'what sent before the restart could not be recalled; a source that stopped is not shown');
    return { outcome: 'failed', previousSeenAt: null };
  });
  await registerFreshness(app, context, recalled);
  const { previousSeenAt } = recalled;
  return observeGauge('binnacle_gateway_previous_seen_timestamp_seconds', (set) => {
    if (previousSeenAt !== null) set(previousSeenAt / 1000);
  });
}

/** The door alone. */
export async function registerFreshness(
  app: FastifyInstance,
  { store, pipeline, receivers, limits, instance, now }: FreshnessContext,
  recalled: Recalled,
): Promise<void> {
  await doorGroup(app, 'sources:read', (group) => {
    group.get(
      '/api/binnacle/freshness',
      async (): Promise<FreshnessAnswer> =>
        freshnessAnswer({
          spool: store.spool(),
          pipeline,
          statuses: receivers.sources(),
          limits,
          recalled,
          instance,
          nowMs: now(),
        }),
    );
  });
}
