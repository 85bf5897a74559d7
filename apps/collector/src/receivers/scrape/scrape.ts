import { readFileSync } from 'node:fs';
import { Agent } from 'undici';
import type { Receiver, ReceiverContext, SourceStatus } from '../receiver.ts';
import type { ScrapeConfig, ScrapeJob } from './config.ts';
import { FileTargets } from './file-targets.ts';
import { Target } from './target.ts';
import { type TargetSpec, targetSpec } from './target-spec.ts';

/** Targets of a start are spread over this long, at least, so that first samples come soon and not all at once. */
const startSpreadMs = 250;
const startSpreadMsPerTarget = 5;

/** All jobs of the receiver: targets that are configured, and those that files name and forget again. */
export class ScrapeReceiver implements Receiver {
  readonly #context: ReceiverContext;
  readonly #jobs: JobTargets[];

  constructor(config: ScrapeConfig, context: ReceiverContext) {
    this.#context = context;
    const taken = new Map<string, JobTargets>();
    this.#jobs = config.jobs.map((job) => new JobTargets(job, this.#context, taken));
  }

  start(): void {
    for (const job of this.#jobs) job.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#jobs.map((job) => job.stop()));
  }

  sources(): SourceStatus[] {
    return this.#jobs.flatMap((job) => job.sources());
  }
}

interface Entry {
  readonly spec: TargetSpec;
  readonly target: Target;
}

class JobTargets {
  readonly #job: ScrapeJob;
  readonly #context: ReceiverContext;
  /** Sources of all jobs: two targets must not write the same series. */
  readonly #taken: Map<string, JobTargets>;
  readonly #dispatcher: Agent;
  readonly #files: FileTargets | undefined;
  readonly #targets = new Map<string, Entry>();
  readonly #removals = new Set<Promise<void>>();
  #faults: string[] = [];
  #stopped = false;

  constructor(job: ScrapeJob, context: ReceiverContext, taken: Map<string, JobTargets>) {
    this.#job = job;
    this.#context = context;
    this.#taken = taken;
    this.#dispatcher = agentOf(job, context);
    if (job.fileSd.length > 0) {
      this.#files = new FileTargets({
        patterns: job.fileSd,
        refreshSeconds: job.fileSdRefreshSeconds,
        changed: () => this.#reconcile(true),
        log: context.log,
      });
    }
    this.#reconcile(false);
  }

  start(): void {
    this.#startTargets([...this.#targets.values()]);
    this.#files?.start();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#files?.stop();
    await Promise.all([...this.#targets.values()].map(({ target }) => target.stop()));
    await Promise.all(this.#removals);
    await this.#dispatcher.destroy();
  }

  sources(): SourceStatus[] {
    const status = (
      source: string,
      address: string,
      state: SourceStatus['state'],
      lastError: string | null,
    ): SourceStatus => ({
      receiver: 'scrape',
      source: `${this.#job.job}/${source}`,
      cluster: this.#job.labels.cluster ?? '',
      state,
      lastSampleAt: null,
      lastError,
      address,
      intervalSeconds: this.#job.intervalSeconds,
    });
    const targets = [...this.#targets.values()].map(({ target }) => target.status());
    const files = (this.#files?.states ?? []).flatMap(({ path, targets: found, error }) => {
      if (error !== null) {
        const kept = found === null ? '' : `; its last good list of ${found.length} targets is used`;
        return [status(path, path, 'down', `${error}${kept}`)];
      }
      return found?.length === 0 ? [status(path, path, 'waiting', `${path} names no targets`)] : [];
    });
    const faults = this.#faults.map((fault, i) => status(`fault ${i + 1}`, this.#job.fileSd.join(', '), 'down', fault));
    const none = targets.length + files.length === 0;
    return [
      ...targets,
      ...files,
      ...faults,
      ...(none ? [status('none', this.#job.fileSd.join(', '), 'waiting', 'no target is known yet')] : []),
    ];
  }

  /** Brings the running targets in line with what is configured and what the files say. */
  #reconcile(running: boolean): void {
    if (this.#stopped) return;
    this.#faults = [];
    const wanted = new Map<string, TargetSpec>();
    for (const item of this.#job.targets)
      this.#want(wanted, targetSpec(this.#job, typeof item === 'string' ? { address: item } : item));
    for (const { path, targets } of this.#files?.states ?? []) {
      for (const { address, labels, scheme, path: metricsPath } of targets ?? []) {
        this.#want(wanted, targetSpec(this.#job, { address, labels }, { scheme, path: metricsPath }), path);
      }
    }
    const removed: Promise<void>[] = [];
    for (const [source, { spec, target }] of this.#targets) {
      if (wanted.get(source)?.key === spec.key) continue;
      this.#targets.delete(source);
      this.#taken.delete(source);
      const removal = target.stop(true).finally(() => this.#removals.delete(removal));
      this.#removals.add(removal);
      removed.push(removal);
    }
    const added: Entry[] = [];
    for (const [source, spec] of wanted) {
      if (this.#targets.has(source)) continue;
      const entry = { spec, target: new Target(spec, this.#context, this.#dispatcher) };
      this.#targets.set(source, entry);
      this.#taken.set(source, this);
      added.push(entry);
    }
    if (!running) return;
    // A target that changed must not be declared gone after its successor has begun.
    void Promise.all(removed).then(
      () =>
        this.#stopped ||
        this.#startTargets(added.filter(({ spec, target }) => this.#targets.get(spec.source)?.target === target)),
    );
  }

  #want(wanted: Map<string, TargetSpec>, spec: TargetSpec | string, path?: string): void {
    const where = path === undefined ? '' : `${path}: `;
    if (typeof spec === 'string') {
      this.#faults.push(`${where}${spec}`);
      return;
    }
    const owner = this.#taken.get(spec.source);
    if (wanted.has(spec.source) || (owner !== undefined && owner !== this)) {
      this.#faults.push(`${where}${spec.source} is there already; the second one is not scraped`);
      return;
    }
    wanted.set(spec.source, spec);
  }

  #startTargets(entries: readonly Entry[]): void {
    const spreadMs = Math.max(startSpreadMs, startSpreadMsPerTarget * entries.length);
    for (const { target } of entries) target.start(spreadMs);
  }
}

/** Connections are kept, and not shared between requests under way: a target that hangs holds only its own. */
function agentOf(job: ScrapeJob, context: ReceiverContext): Agent {
  let ca: Buffer | undefined;
  if (job.caFile !== undefined) {
    try {
      ca = readFileSync(job.caFile);
    } catch (error) {
      context.log.warn(
        { job: job.job, path: job.caFile, err: error },
        'the certificate authority cannot be read; the built-in ones are used',
      );
    }
  }
  const timeoutMs = job.timeoutSeconds * 1000;
  return new Agent({
    connect: { timeout: timeoutMs, ...(ca === undefined ? {} : { ca }) },
    headersTimeout: timeoutMs + 1000,
    bodyTimeout: timeoutMs + 1000,
    keepAliveTimeout: Math.max(4000, job.intervalSeconds * 1500),
    pipelining: 1,
  });
}
