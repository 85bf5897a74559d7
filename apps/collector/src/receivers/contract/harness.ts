import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { SourceStatus } from '../receiver.ts';

/** The promises that the suite checks, each one test. */
export type Clause =
  | 'strict config'
  | 'documented config'
  | 'source away'
  | 'samples arrive'
  | 'sink over capacity'
  | 'malformed input'
  | 'hostile bodies'
  | 'stop leaves nothing'
  | 'no secrets'
  | 'catalogue';

/** A source that works, and the configurations that aim at it. Configurations are written as in the YAML file. */
export interface Stage {
  readonly config: unknown;
  /** pull: aims at a source that is away (a closed port, a folder that is not there). */
  readonly awayConfig?: unknown;
  /** pull: aims at a source that gives malformed input. */
  readonly malformedConfig?: unknown;
  /** Labels that every sample of the receiver's carries here: `cluster`, and `job` or `instance` where it has them. */
  readonly labels: Readonly<Record<string, string>>;
  /** A family that is sure to arrive. */
  readonly family: string;
  /** Tokens and passwords in the configuration or its files; none may be seen in `sources()`. */
  readonly secrets?: readonly string[];
  /** ms since 1970 for the receiver; default `Date.now`. */
  readonly now?: () => number;
  /** push: sends one good request to the door at this origin (`http://127.0.0.1:port`). */
  push?(origin: string): Promise<Response>;
  /** push: sends one malformed request. */
  pushMalformed?(origin: string): Promise<Response>;
  /** Ends the source. */
  close(): Promise<void>;
}

/** A good body of a push door, to be broken in ten thousand ways. */
export interface MutationTarget {
  /** Path of the door, and the headers that the body goes with. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly good: Uint8Array;
  /** Wraps a broken body, so that what is inside a compression or a frame is reached; default: as it is. */
  readonly wrap?: (broken: Buffer) => Uint8Array;
}

export interface ReceiverHarness {
  /** push: has routes; pull: reads by itself, more than once (choose short intervals in the stage). */
  readonly kind: 'push' | 'pull';
  /** The smallest configuration that is valid. */
  readonly minimalConfig: unknown;
  /** What the refusal of the malformed input says of the place of the fault: /line 3/, /byte 17/, /\.spec/. */
  readonly placeOfFault: RegExp;
  /** push: what the door takes, in each of its forms. */
  readonly mutate?: readonly MutationTarget[];
  /** Opens a fresh stage; called once for each test that needs one. */
  open(): Promise<Stage>;
  /** Clauses that cannot hold for this receiver, each with its reason. */
  readonly skips?: Partial<Record<Clause, string>>;
}

/** Resolves when the receiver's sources satisfy the condition; looks every few milliseconds. */
export async function untilSources(
  sources: () => SourceStatus[],
  condition: (sources: SourceStatus[]) => boolean,
): Promise<SourceStatus[]> {
  for (;;) {
    const now = sources();
    if (condition(now)) return now;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/**
 * What keeps the process alive now, by kind. Compare before `create` and after `stop`; kinds that Node itself opens and
 * closes lazily (file reads, immediates, the pipes of the test runner) are left out.
 */
export function openHandles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (/^(Immediate|FSReq|CloseReq|TickObject|PipeWrap|TTYWrap|MessagePort|ZLIB|zlib)/.test(kind)) continue;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Kinds of which more are open than `before`, after giving closing handles up to two seconds; empty is good. */
export async function leftOver(before: Map<string, number>): Promise<string[]> {
  const deadline = performance.now() + 2000;
  for (;;) {
    const left = [...openHandles()].filter(([kind, count]) => count > (before.get(kind) ?? 0)).map(([kind]) => kind);
    if (left.length === 0 || performance.now() > deadline) return left;
    // An immediate, since a timer would be a handle of its own.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

/** Bytes of the heap and of buffers that are in use after everything unused was collected. */
export function bytesInUse(): number {
  // Twice: what the first round finds unused with buffers of its own gives these back only in the next one.
  collectGarbage();
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
