import type { PolledTargets, Receiver, ReceiverContext, SourceStatus } from '../receiver.ts';
import type { ScrapeConfig } from './config.ts';
import { ownPool } from './own-pool.ts';
import { PoolTargets } from './pool-targets.ts';
import { poolOf } from './prometheus-config/pool-of.ts';
import { ScrapeGate } from './scrape-gate.ts';

/** All jobs of the receiver, in its own syntax and in Prometheus'. */
export class ScrapeReceiver implements Receiver {
  readonly #pools: readonly PoolTargets[];

  constructor(config: ScrapeConfig, context: ReceiverContext) {
    const { jobs, entries, unused, maxConcurrentScrapes, maxScrapeBytes } = config;
    if (unused.length > 0)
      context.log.info({ parts: unused }, 'of the prometheus.yml only global and scrape_configs are used');
    const gate = new ScrapeGate({ scrapes: maxConcurrentScrapes, bytes: maxScrapeBytes });
    const taken = new Map<string, PoolTargets>();
    const pools = [...jobs.map((job) => ownPool(job, config)), ...entries.map((entry) => poolOf(entry, config))];
    this.#pools = pools.map((pool) => new PoolTargets(pool, { context, gate, taken }));
  }

  start(): void {
    for (const pool of this.#pools) pool.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#pools.map((pool) => pool.stop()));
  }

  sources(): SourceStatus[] {
    return this.#pools.flatMap((pool) => pool.sources());
  }

  targets(): PolledTargets {
    const parts = this.#pools.map((pool) => pool.targets());
    const droppedCounts: Record<string, number> = {};
    for (const { pool, droppedCount } of parts) droppedCounts[pool] = (droppedCounts[pool] ?? 0) + droppedCount;
    return {
      pools: [...new Set(parts.map(({ pool }) => pool))],
      active: parts.flatMap(({ active }) => active),
      dropped: parts.flatMap(({ dropped }) => dropped),
      droppedCounts,
    };
  }
}
