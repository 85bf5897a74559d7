import { BinnacleError } from '@binnacle/shared/errors.ts';
import { z } from 'zod';
import { askGateway, parseTimeMs } from './promql-gateway.ts';

export interface DeleteFlags {
  readonly match: readonly string[];
  readonly url?: string;
  readonly start?: string;
  readonly end?: string;
  readonly dryRun?: boolean;
  readonly clean?: boolean;
}

const countsAnswer = z.object({ data: z.object({ series: z.number(), samples: z.number() }) });

/** Says how much there is to delete, and deletes it unless it was only asked. */
export async function runSeriesDelete(flags: DeleteFlags): Promise<void> {
  if (flags.match.length === 0) throw new BinnacleError('bad_config', 'give at least one --match');
  const asked = new URLSearchParams(flags.match.map((selector) => ['match[]', selector]));
  const nowMs = Date.now();
  // One time for both requests: "15m" means the same in the count and in the deletion.
  for (const name of ['start', 'end'] as const) {
    const text = flags[name];
    if (text !== undefined) asked.set(name, String(parseTimeMs(text, `--${name}`, nowMs) / 1000));
  }
  const ask = (door: string, parameters: URLSearchParams) =>
    askGateway(flags, `/api/v1/admin/tsdb/${door}`, parameters, process.env);
  const counting = new URLSearchParams(asked);
  counting.set('dry_run', 'true');
  const { series, samples } = countsAnswer.parse(await ask('delete_series', counting)).data;
  const found = `${samples} samples of ${series} series`;
  if (flags.dryRun === true) {
    console.log(`would delete ${found}`);
    return;
  }
  await ask('delete_series', asked);
  if (flags.clean === true) await ask('clean_tombstones', new URLSearchParams());
  console.log(`deleted ${found}`);
}
