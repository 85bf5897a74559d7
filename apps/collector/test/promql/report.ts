import { type Agree, difference } from './answers.ts';
import type { Contestant } from './contestants.ts';
import { scriptOf } from './promqltest-script.ts';
import { type Failing, shrink } from './shrink.ts';

/** What one contestant says otherwise than the other, over data that both are given. */
export async function faultBetween(
  oracle: Contestant,
  other: Contestant,
  { asked, data }: Failing,
  agree: Agree,
): Promise<string | undefined> {
  await oracle.load(data);
  await other.load(data);
  return difference(await oracle.ask(asked), await other.ask(asked), agree);
}

/** A disagreement, shrunk, as a text for people: what differs, and a script that shows it. */
export async function reportOf(
  oracle: Contestant,
  other: Contestant,
  failing: Failing,
  agree: Agree,
  budgetMs: number,
): Promise<string> {
  const first = await faultBetween(oracle, other, failing, agree);
  const small = await shrink(failing, (candidate) => faultBetween(oracle, other, candidate, agree), budgetMs);
  const fault = await faultBetween(oracle, other, small, agree);
  return [
    `${failing.asked.query}\n  ${first}`,
    `made small, ${other.name} against ${oracle.name}: ${fault}`,
    scriptOf(small, await oracle.ask(small.asked)),
  ].join('\n\n');
}
