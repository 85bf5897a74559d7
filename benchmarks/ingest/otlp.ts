import { ratio, table } from '../promql/report.ts';
import type { Options } from './options.ts';
import { forms, type PayloadForm, preparePayload } from './payload.ts';
import { measureRate, type RateFigures, type RateRound, rateFigures } from './rate.ts';

export interface OtlpFigures extends RateFigures {
  readonly form: PayloadForm;
}

/** The same samples into our own gateway by remote write, and as OTLP/HTTP with and without gzip; the forms in turn. */
export async function measureOtlp(options: Options): Promise<OtlpFigures[]> {
  // An uncompressed body is 0.5 MB: half of the samples of the part throughput fit into the sender's memory.
  const scrapes = Math.max(20, Math.round((200 * options.scale) / 20) * 20);
  const names = Object.keys(forms) as PayloadForm[];
  const payloads = names.map((form) => ({
    form,
    payload: preparePayload(options.dataDir, { form, scrapes, senders: options.connections }),
    rounds: [] as RateRound[],
  }));
  for (let round = 0; round < options.rounds; round++) {
    for (const { form, payload, rounds } of payloads)
      rounds.push(await measureRate('binnacle', form, payload, options.profileDir));
  }
  return payloads.map(({ form, rounds }) => ({ form, ...rateFigures(rounds) }));
}

export function otlpTable(figures: readonly OtlpFigures[]): string {
  const remoteWrite = figures.find(({ form }) => form === 'remote-write');
  return table([
    ['', 'samples/s', '/ remote write', 'CPU s per million', 'until settled'],
    ...figures.map((one) => [
      one.form,
      Math.round(one.samplesPerSecond.median).toLocaleString('en'),
      ratio(one.samplesPerSecond.median, remoteWrite?.samplesPerSecond.median),
      one.cpuPerMillion.median,
      one.cpuPerMillionSettled.median,
    ]),
  ]);
}
