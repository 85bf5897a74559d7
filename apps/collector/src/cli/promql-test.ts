import { readFile } from 'node:fs/promises';
import { everyFeature, type Feature, type Features } from '@binnacle/promql/language/features.ts';
import { type EvalOutcome, runScript, type Scope } from '@binnacle/promql/testing/run.ts';
import { ScriptError } from '@binnacle/promql/testing/script.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';

const scopes: readonly Scope[] = ['core', 'float', 'all'];

/** `binnacle promql test`: sets exit status 1 where an eval fails or a file is no script. */
export async function runPromqlTest(
  files: readonly string[],
  flags: { readonly only: string; readonly features?: string },
): Promise<void> {
  const only = scopes.find((scope) => scope === flags.only);
  if (only === undefined)
    throw new BinnacleError('bad_config', `--only must be one of ${scopes.join(', ')}, got "${flags.only}"`);
  const features = parseFeatures(flags.features);
  let passed = 0;
  let failed = 0;
  const skipped = new Map<string, number>();
  for (const file of files) {
    const text = await readScript(file);
    let outcomes: EvalOutcome[];
    try {
      outcomes = await runScript(text, { only, features });
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      console.log(`${file}:${error.line}: not a script: ${error.reason}`);
      failed++;
      continue;
    }
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const outcome of outcomes) {
      if (outcome.skipped !== undefined) {
        counts.skipped++;
        skipped.set(outcome.skipped, (skipped.get(outcome.skipped) ?? 0) + 1);
      } else if (outcome.fault === undefined) counts.passed++;
      else {
        counts.failed++;
        console.log(`${file}:${outcome.line}: ${outcome.expr}\n  ${outcome.fault}`);
      }
    }
    passed += counts.passed;
    failed += counts.failed;
    console.log(`${file}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
  for (const [reason, count] of skipped) console.log(`${count} skipped: ${reason}`);
  console.log(`${passed} passed, ${failed} failed`);
  if (failed > 0) process.exitCode = 1;
}

function parseFeatures(names: string | undefined): Features {
  if (names === undefined) return everyFeature;
  const chosen = names === 'none' ? [] : names.split(',');
  for (const name of chosen) {
    if (!everyFeature.has(name as Feature)) {
      const known = [...everyFeature].join(', ');
      throw new BinnacleError('bad_config', `there is no feature "${name}"; there are ${known}, or none`);
    }
  }
  return new Set(chosen as Feature[]);
}

async function readScript(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new BinnacleError('bad_config', `${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
}
