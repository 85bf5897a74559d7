import { createHash } from 'node:crypto';
import type { PolledTarget, PolledTargets, ReceiverContext, SourceStatus } from '../receiver.ts';
import type { TargetGroup, TargetProvider } from './discovery/provider.ts';
import { HttpClient } from './http-client/client.ts';
import type { ScrapePool } from './pool.ts';
import type { ScrapeGate } from './scrape-gate.ts';
import { Target } from './target.ts';
import { type FoundTarget, findTarget, type TargetSpec } from './target-spec.ts';

/** Targets of a start are spread over this long, at least, so that first samples come soon and not all at once. */
const startSpreadMs = 250;
const startSpreadMsPerTarget = 5;
/** A second change of what was found waits this long for more: a rollout changes a thousand pods one by one. */
const settleMs = 500;
const shownFaults = 100;

export interface PoolSurroundings {
  readonly context: ReceiverContext;
  readonly gate: ScrapeGate;
  /** Sources of all pools: two targets must not write the same series. */
  readonly taken: Map<string, PoolTargets>;
}

interface Entry {
  readonly spec: TargetSpec;
  readonly source: string;
  readonly target: Target;
}

/** The targets of one pool: those that its providers name and forget again. */
export class PoolTargets {
  readonly #pool: ScrapePool;
  readonly #surroundings: PoolSurroundings;
  readonly #client: HttpClient;
  readonly #providers: readonly TargetProvider[];
  /** What became of a group's targets, as long as the provider hands out the same group. */
  readonly #found = new WeakMap<TargetGroup, readonly FoundTarget[]>();
  /** By source. */
  readonly #entries = new Map<string, Entry>();
  readonly #removals = new Set<Promise<void>>();
  #dropped: Readonly<Record<string, string>>[] = [];
  #droppedCount = 0;
  #faults: string[] = [];
  #overLimit: string | null = null;
  #settling: NodeJS.Timeout | undefined;
  #reconciledAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(pool: ScrapePool, surroundings: PoolSurroundings) {
    this.#pool = pool;
    this.#surroundings = surroundings;
    const { intervalSeconds, timeoutSeconds } = pool;
    this.#client = new HttpClient(pool.client, {
      timeoutSeconds,
      keepAliveSeconds: Math.max(4, intervalSeconds * 1.5),
    });
    this.#providers = pool.makeProviders({ changed: () => this.#soon(), log: surroundings.context.log });
    this.#reconcile(false);
  }

  start(): void {
    this.#startTargets([...this.#entries.values()]);
    for (const provider of this.#providers) provider.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#settling);
    await Promise.all(this.#providers.map((provider) => provider.stop()));
    await Promise.all([...this.#entries.values()].map(({ target }) => target.stop()));
    await Promise.all(this.#removals);
    await this.#client.destroy();
  }

  sources(): SourceStatus[] {
    const { name, intervalSeconds, defaultLabels } = this.#pool;
    const status = (
      source: string,
      address: string,
      state: SourceStatus['state'],
      lastError: string | null,
    ): SourceStatus => ({
      receiver: 'scrape',
      source: `${name}/${source}`,
      cluster: defaultLabels.cluster ?? '',
      state,
      lastSampleAt: null,
      lastError,
      address,
      intervalSeconds,
    });
    const targets = [...this.#entries.values()].map(({ target }) => target.status());
    const states = this.#providers.flatMap((provider) => provider.states());
    const places = [...new Set(states.map(({ place }) => place))].join(', ');
    const asked = states.flatMap(({ place, targets: found, error }) => {
      if (error !== null) {
        const kept = found === null ? '' : `; its last good list of ${found} targets is used`;
        return [status(place, place, 'down', `${error}${kept}`)];
      }
      return found === 0 ? [status(place, place, 'waiting', `${place} names no targets`)] : [];
    });
    const faults = this.#faults.map((fault, i) => status(`fault ${i + 1}`, places, 'down', fault));
    const none = targets.length + asked.length === 0;
    const dropped = this.#droppedCount > 0 ? `; relabelling dropped ${this.#droppedCount}` : '';
    return [
      ...targets,
      ...asked,
      ...faults,
      ...(none ? [status('none', places, 'waiting', `no target is known yet${dropped}`)] : []),
    ];
  }

  targets(): { pool: string; active: PolledTarget[]; dropped: PolledTargets['dropped']; droppedCount: number } {
    const pool = this.#pool.name;
    return {
      pool,
      active: [...this.#entries.values()].map(({ target }) => target.details()),
      dropped: this.#dropped.map((discoveredLabels) => ({ pool, discoveredLabels })),
      droppedCount: this.#droppedCount,
    };
  }

  /** The first change at once, what follows closely together. */
  #soon(): void {
    if (this.#stopped || this.#settling !== undefined) return;
    const waitMs = this.#reconciledAt + settleMs - performance.now();
    if (waitMs <= 0) {
      this.#reconcile(true);
      return;
    }
    this.#settling = setTimeout(() => {
      this.#settling = undefined;
      this.#reconcile(true);
    }, waitMs);
  }

  /** Brings the running targets in line with what was found. */
  #reconcile(running: boolean): void {
    if (this.#stopped) return;
    if (running) this.#reconciledAt = performance.now();
    const wanted = this.#wanted();
    const { taken } = this.#surroundings;
    const removed: Promise<void>[] = [];
    for (const [source, { spec, target }] of this.#entries) {
      if (wanted.get(source)?.key === spec.key) continue;
      this.#entries.delete(source);
      taken.delete(source);
      const removal = target.stop(true).finally(() => this.#removals.delete(removal));
      this.#removals.add(removal);
      removed.push(removal);
    }
    const added: Entry[] = [];
    for (const [source, found] of wanted) {
      if (this.#entries.has(source)) continue;
      const spec = source === found.source ? found : { ...found, source };
      const entry = { spec, source, target: this.#makeTarget(spec) };
      this.#entries.set(source, entry);
      taken.set(source, this);
      added.push(entry);
    }
    if (!running) return;
    // A target that changed must not be declared gone after its successor has begun.
    void Promise.all(removed).then(() => {
      if (this.#stopped) return;
      this.#startTargets(added.filter(({ source, target }) => this.#entries.get(source)?.target === target));
    });
  }

  #makeTarget(spec: TargetSpec): Target {
    const { context, gate } = this.#surroundings;
    return new Target(spec, { context, gate, client: this.#client, poolFault: () => this.#overLimit });
  }

  /** Targets by their source, and on the way what was dropped and what is wrong. */
  #wanted(): Map<string, TargetSpec> {
    this.#faults = [];
    this.#dropped = [];
    this.#droppedCount = 0;
    const wanted = new Map<string, TargetSpec>();
    const running = new Map([...this.#entries.values()].map(({ spec, source }) => [spec.key, source]));
    const fresh: { readonly spec: TargetSpec; readonly group: TargetGroup }[] = [];
    for (const provider of this.#providers) {
      for (const group of provider.groups()) {
        for (const found of this.#foundIn(group)) {
          const source = found.kind === 'scraped' ? running.get(found.spec.key) : undefined;
          // What runs keeps its source, whoever else comes or goes with the same job and instance.
          if (found.kind === 'fault') this.#fault(found.sentence, group);
          else if (found.kind === 'dropped') this.#drop(found.discovered);
          else if (source !== undefined && !wanted.has(source)) wanted.set(source, found.spec);
          else fresh.push({ spec: found.spec, group });
        }
      }
    }
    const keys = new Set([...wanted.values()].map(({ key }) => key));
    for (const { spec, group } of fresh) this.#want(spec, group, wanted, keys);
    const { targetLimit } = this.#pool;
    this.#overLimit =
      targetLimit > 0 && wanted.size > targetLimit
        ? `is not asked: the job has ${wanted.size} targets, more than ${targetLimit} (target_limit)`
        : null;
    return wanted;
  }

  #foundIn(group: TargetGroup): readonly FoundTarget[] {
    let found = this.#found.get(group);
    if (found === undefined) {
      found = group.targets.map((target) => findTarget(this.#pool, group.labels, target));
      this.#found.set(group, found);
    }
    return found;
  }

  #fault(sentence: string, group: TargetGroup): void {
    if (this.#faults.length >= shownFaults) return;
    const file = group.labels.__meta_filepath;
    this.#faults.push(`${file === undefined ? '' : `${file}: `}${sentence}`);
  }

  #drop(discovered: Readonly<Record<string, string>>): void {
    this.#droppedCount++;
    if (this.#dropped.length < this.#pool.keepDroppedTargets) this.#dropped.push(discovered);
  }

  #want(spec: TargetSpec, group: TargetGroup, wanted: Map<string, TargetSpec>, keys: Set<string>): void {
    const owner = this.#surroundings.taken.get(spec.source);
    const isTaken = wanted.has(spec.source) || (owner !== undefined && owner !== this);
    if (!isTaken) {
      wanted.set(spec.source, spec);
    } else if (this.#pool.syntax === 'own') {
      this.#fault(`${spec.source} is there already; the second one is not scraped`, group);
    } else if (!keys.has(spec.key)) {
      // Other labels or another URL under the same job and instance: as in Prometheus a target of its own.
      const mark = createHash('sha256').update(spec.key).digest('hex').slice(0, 8);
      wanted.set(`${spec.source}#${mark}`, spec);
    }
    keys.add(spec.key);
  }

  #startTargets(entries: readonly Entry[]): void {
    const spreadMs = Math.max(startSpreadMs, startSpreadMsPerTarget * entries.length);
    for (const { target } of entries) target.start(spreadMs);
  }
}
