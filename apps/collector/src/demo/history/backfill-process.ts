import { DemoClock } from '../clock.ts';
import { createSimulator } from '../simulator.ts';
import { backfillHistory } from './backfill.ts';
import type { BackfillJob, BackfillOutcome } from './fill-if-empty.ts';

/** Entry of the process that renders and sends the past hour: told what by its parent, gone when the parent is. */
process.once('message', async ({ startedAtMs, options }: BackfillJob) => {
  // The simulator needs nothing but the start of its clock to be the same one.
  const simulator = createSimulator(new DemoClock(startedAtMs), () => startedAtMs);
  const outcome = await backfillHistory(simulator, options).then(
    (samples): BackfillOutcome => ({ samples }),
    (error: unknown): BackfillOutcome => ({ failed: error instanceof Error ? error.message : String(error) }),
  );
  process.send?.(outcome, undefined, undefined, () => process.disconnect?.());
});
process.once('disconnect', () => process.exit(0));
