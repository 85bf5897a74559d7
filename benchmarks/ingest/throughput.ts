import type { ServerName } from '../promql/options.ts';
import { ratio, table } from '../promql/report.ts';
import type { Options } from './options.ts';
import { preparePayload } from './payload.ts';
import { measureRate, type RateFigures, type RateRound, rateFigures } from './rate.ts';

export interface ThroughputFigures extends RateFigures {
  readonly server: ServerName;
}

/** Everything in by remote write, every round into an empty directory, the servers in turn. */
export async function measureThroughput(options: Options): Promise<ThroughputFigures[]> {
  const scrapes = Math.max(20, Math.round((400 * options.scale) / 20) * 20);
  const payload = preparePayload(options.dataDir, { form: 'remote-write', scrapes, senders: options.connections });
  const rounds = new Map<ServerName, RateRound[]>(options.servers.map((server) => [server, []]));
  for (let round = 0; round < options.rounds; round++) {
    for (const [server, own] of rounds)
      own.push(await measureRate(server, 'remote-write', payload, options.profileDir));
  }
  return [...rounds].map(([server, own]) => ({ server, ...rateFigures(own) }));
}

export function throughputTable(figures: readonly ThroughputFigures[]): string {
  const ours = figures.find(({ server }) => server === 'binnacle');
  return table([
    ['', 'samples/s', 'Binnacle /', 'CPU s per million', 'until settled', 'Binnacle /'],
    ...figures.map((one) => [
      one.server,
      Math.round(one.samplesPerSecond.median).toLocaleString('en'),
      ratio(ours?.samplesPerSecond.median, one.samplesPerSecond.median),
      one.cpuPerMillion.median,
      one.cpuPerMillionSettled.median,
      ratio(ours?.cpuPerMillionSettled.median, one.cpuPerMillionSettled.median),
    ]),
  ]);
}
