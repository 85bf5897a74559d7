import type { Dataset } from './dataset.ts';
import { expectOk, get } from './http.ts';
import type { Options, ServerName } from './options.ts';
import { allSeriesFor, longWindow, queries, rangePath, windows } from './queries.ts';
import { table } from './report.ts';
import type { RunningServer } from './servers.ts';
import { percentile } from './statistics.ts';

export interface BesideFigures {
  readonly server: ServerName;
  /** What ran besides; "nothing" for comparison. */
  readonly heavy: string;
  readonly smallQueries: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Heavy queries that were answered meanwhile, and those that the server refused. */
  readonly heavyAnswered: number;
  readonly heavyRefused: number;
}

const heavyQueries: readonly { name: string; text: string | ((server: ServerName) => string) | undefined }[] = [
  { name: 'nothing', text: undefined },
  { name: 'c over 6 h', text: queries.find(({ letter }) => letter === 'c')?.text },
  { name: 'f over 6 h', text: queries.find(({ letter }) => letter === 'f')?.text },
  { name: 'all series', text: allSeriesFor },
];

/** Query a at 1h/15s, one after the other, while one heavy query after the other runs at the same server. */
export async function measureBeside(
  options: Options,
  dataset: Dataset,
  servers: readonly RunningServer[],
): Promise<BesideFigures[]> {
  const small = rangePath(queries[0]?.text as string, windows[0] as (typeof windows)[number], dataset);
  const figures: BesideFigures[] = [];
  for (const { name, text } of heavyQueries) {
    for (const server of servers) {
      const query = typeof text === 'function' ? text(server.name) : text;
      const heavy = query === undefined ? undefined : server.ask(rangePath(query, longWindow, dataset));
      figures.push({
        server: server.name,
        heavy: name,
        ...(await beside(server.ask(small), heavy, options.besideSeconds * 1000)),
      });
    }
  }
  return figures;
}

async function beside(small: string, heavy: string | undefined, forMs: number) {
  let end = performance.now() + forMs;
  let heavyAnswered = 0;
  let heavyRefused = 0;
  const heavies = (async () => {
    while (heavy !== undefined && performance.now() < end) {
      if ((await get(heavy)).status === 200) heavyAnswered++;
      else heavyRefused++;
    }
  })();
  const times: number[] = [];
  try {
    while (performance.now() < end) times.push(expectOk(await get(small), 'query a').ms);
  } finally {
    end = 0;
    await heavies;
  }
  const rounded = (value: number) => Number(value.toFixed(1));
  return {
    smallQueries: times.length,
    p50Ms: rounded(percentile(times, 0.5)),
    p99Ms: rounded(percentile(times, 0.99)),
    maxMs: rounded(Math.max(...times)),
    heavyAnswered,
    heavyRefused,
  };
}

export function besideTable(figures: readonly BesideFigures[]): string {
  return table([
    ['small query (a, 1h/15s) beside', 'server', 'p50 ms', 'p99 ms', 'max ms', 'heavy answered', 'refused'],
    ...figures.map((one) => [
      one.heavy,
      one.server,
      one.p50Ms,
      one.p99Ms,
      one.maxMs,
      one.heavyAnswered,
      one.heavyRefused,
    ]),
  ]);
}
