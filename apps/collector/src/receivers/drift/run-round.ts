import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Completion } from './complete.ts';

export interface Outputs {
  /** In the order the runs were started. */
  readonly completions: readonly Completion[];
  readonly failures: number;
  /** Sentence of the first failure. */
  readonly failure: string | null;
}

/**
 * Asks `runs` times, `concurrency` at once (1 = one after the other). Failed runs are counted, not thrown; when nothing
 * answers, the rest of a serial round is not asked: three failures without a success end it.
 */
export async function runRound(
  runs: number,
  concurrency: number,
  ask: () => Promise<Completion>,
  signal: AbortSignal,
): Promise<Outputs> {
  const outputs: (Completion | null)[] = [];
  let failures = 0;
  let failure: string | null = null;
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < runs) {
      const place = next++;
      if (failures >= 3 && outputs.every((output) => output == null)) return;
      try {
        outputs[place] = await ask();
      } catch (error) {
        if (signal.aborted || !(error instanceof BinnacleError)) throw error;
        outputs[place] = null;
        failures++;
        failure ??= error.message;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, runs) }, worker));
  return { completions: outputs.filter((output) => output != null), failures, failure };
}
