import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from '../binnacle.ts';
import { knownNames, positiveNumber } from '../option-values.ts';
import { type ServerName, serverNames } from '../promql/options.ts';

/** In the order in which they run. */
export const parts = ['throughput', 'otlp', 'disk', 'latency', 'idle'] as const;
export type Part = (typeof parts)[number];

export interface Options {
  readonly parts: readonly Part[];
  readonly servers: readonly ServerName[];
  /** Rounds over the servers, each on an empty directory. */
  readonly rounds: number;
  /** Share of the samples; 1 is what the figures are claimed for. */
  readonly scale: number;
  readonly connections: number;
  /** Where the prepared bodies lie between runs. */
  readonly dataDir: string;
  /** Profiles of the gateway's main thread go here. */
  readonly profileDir: string | undefined;
}

export const usage = `npm run bench -- ingest [options]
  --only PARTS     ${parts.join(',')} (all of them where left out)
  --servers NAMES  ${serverNames.join(',')}
  --rounds N       rounds over the servers (3)
  --scale N        share of the samples, such as 0.2 for a quick try; results are written for 1 only
  --connections N  connections of the sender (16)
  --data DIR       where the prepared bodies lie between runs (node_modules/.cache/binnacle-bench)
  --profile DIR    write CPU profiles of the gateway`;

/** Throws one sentence for an option that is none. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string' },
      servers: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      scale: { type: 'string', default: '1' },
      connections: { type: 'string', default: '16' },
      data: { type: 'string', default: join(root, 'node_modules/.cache/binnacle-bench') },
      profile: { type: 'string' },
    },
  });
  return {
    parts: knownNames(values.only, parts, '--only') ?? parts,
    servers: knownNames(values.servers, serverNames, '--servers') ?? serverNames,
    rounds: Math.ceil(positiveNumber(values.rounds, '--rounds')),
    scale: positiveNumber(values.scale, '--scale'),
    connections: Math.ceil(positiveNumber(values.connections, '--connections')),
    dataDir: values.data,
    profileDir: values.profile,
  };
}
