import type { Answer } from './answers.ts';
import { scriptOf } from './promqltest-script.ts';
import { type Failing, type Fault, shrink } from './shrink.ts';

/** A disagreement, shrunk, as a text for people: what differs, and a script that shows what was wanted. */
export async function reportOf(report: {
  readonly failing: Failing;
  readonly fault: Fault;
  /** The answer that is taken to be right. */
  readonly wanted: (small: Failing) => Promise<Answer>;
  readonly budgetMs: number;
}): Promise<string> {
  const { failing, fault, wanted, budgetMs } = report;
  const first = await fault(failing);
  const small = await shrink(failing, fault, budgetMs);
  return [
    `${failing.asked.query}\n  ${first}`,
    `made small: ${await fault(small)}`,
    scriptOf(small, await wanted(small)),
  ].join('\n\n');
}
