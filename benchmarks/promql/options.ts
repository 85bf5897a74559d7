import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../binnacle.ts';
import { knownNames, positiveNumber } from '../option-values.ts';

/** In the order in which they run. */
export const parts = ['all-series', 'latency', 'beside', 'ingest'] as const;
export type Part = (typeof parts)[number];

export const serverNames = ['binnacle', 'prometheus', 'victoria-metrics'] as const;
export type ServerName = (typeof serverNames)[number];

export interface Options {
  readonly parts: readonly Part[];
  readonly servers: readonly ServerName[];
  /** Share of the 20,000 series; 1 is what the figures are claimed for. */
  readonly scale: number;
  readonly rounds: number;
  /** Measurements of one query at one server within a round. */
  readonly repeats: number;
  /** Letters of the queries of the parts latency and ingest. */
  readonly queries: readonly string[] | undefined;
  /** Seconds that each measurement beside a heavy query takes. */
  readonly besideSeconds: number;
  /** Where the loaded data of each server lie between runs. */
  readonly dataDir: string;
  /** Servers whose data are loaded anew. */
  readonly reload: readonly ServerName[];
  readonly loadOnly: boolean;
  /** The engine in this process instead of servers over HTTP. */
  readonly engine: boolean;
}

export const usage = `npm run bench -- promql [options]
  --only PARTS       ${parts.join(',')} (all of them where left out)
  --servers NAMES    ${serverNames.join(',')}
  --queries LETTERS  such as a,c,g
  --scale N          share of the 20,000 series, such as 0.05 for a quick try; results are written for 1 only
  --rounds N         rounds over queries and servers (5)
  --repeats N        measurements per round (3)
  --seconds N        length of each measurement beside a heavy query (15)
  --data DIR         where the loaded data lie between runs (node_modules/.cache/binnacle-bench)
  --reload NAMES     load these servers' data anew
  --load-only        load what is missing, measure nothing
  --engine           time the stages of the engine in one process, without HTTP and without the other servers`;

/** Throws one sentence for an option that is none. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      servers: { type: 'string' },
      queries: { type: 'string' },
      scale: { type: 'string', default: '1' },
      rounds: { type: 'string', default: '5' },
      repeats: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '15' },
      data: { type: 'string', default: join(root, 'node_modules/.cache/binnacle-bench') },
      reload: { type: 'string' },
      'load-only': { type: 'boolean', default: false },
      engine: { type: 'boolean', default: false },
    },
  });
  const scale = positiveNumber(values.scale, '--scale');
  if (scale > 1) throw new Error('--scale is at most 1');
  return {
    parts: knownNames(values.only, parts, '--only') ?? parts,
    servers: knownNames(values.servers, serverNames, '--servers') ?? serverNames,
    queries: knownNames(values.queries, ['a', 'b', 'c', 'd', 'e', 'f', 'g'], '--queries'),
    scale,
    rounds: Math.ceil(positiveNumber(values.rounds, '--rounds')),
    repeats: Math.ceil(positiveNumber(values.repeats, '--repeats')),
    besideSeconds: positiveNumber(values.seconds, '--seconds'),
    dataDir: values.data,
    reload: knownNames(values.reload, serverNames, '--reload') ?? [],
    loadOnly: values['load-only'],
    engine: values.engine,
  };
}
