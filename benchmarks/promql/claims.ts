import type { AllSeriesFigures } from './all-series.ts';
import type { BesideFigures } from './beside.ts';
import type { IngestFigures } from './ingest.ts';
import type { QueryFigures } from './latency.ts';
import type { ServerName } from './options.ts';
import { percentile } from './statistics.ts';

/** What the parts found; a part that was not run is undefined. */
export interface PromqlResults {
  readonly latency?: { readonly figures: readonly QueryFigures[] };
  readonly 'all-series'?: { readonly figures: readonly AllSeriesFigures[] };
  readonly beside?: { readonly figures: readonly BesideFigures[] };
  readonly ingest?: { readonly figures: readonly IngestFigures[] };
}

const victoria = 'victoria-metrics';

/** The figures that the project claims, as rows of the README's table: figure, at least, aim, measured. */
export function claimsTable(results: PromqlResults): string {
  const rows = [
    ...latencyClaims(results),
    ...allSeriesClaims(results),
    ...besideClaims(results),
    ...ingestClaims(results),
  ];
  if (rows.length === 0) return '';
  return [
    '| figure | at least | aim | measured |',
    '| --- | --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ].join('\n');
}

type Row = [figure: string, atLeast: string, aim: string, measured: string];

function latencyClaims({ latency }: PromqlResults): Row[] {
  if (latency === undefined) return [];
  const { figures } = latency;
  const against = (peer: ServerName, letters: string, window: string) =>
    figures
      .filter((one) => letters.includes(one.query) && one.window.startsWith(window))
      .flatMap(({ query, ms }) => {
        const ours = ms.binnacle?.median;
        const theirs = ms[peer]?.median;
        return ours === undefined || theirs === undefined ? [] : [`${query} ${times(ours / theirs)}`];
      })
      .join(', ');
  const one = figures
    .filter(({ query }) => query === 'a')
    .map(({ window, ms }) => `${window} ${ms.binnacle?.median} ms`);
  const rows: Row[] = [['a, one series', 'under 10 ms', '', one.join(', ')]];
  for (const window of ['1h', '6h']) {
    rows.push([
      `b to g against Prometheus, ${window}`,
      'not slower (1.0)',
      'twice as fast (0.5)',
      against('prometheus', 'bcdefg', window),
    ]);
    rows.push([
      `b, d, e, f against VictoriaMetrics, ${window}`,
      window === '1h' ? 'not slower (1.0)' : '',
      window === '1h' ? '' : 'not slower (1.0)',
      against(victoria, 'bdef', window),
    ]);
    rows.push([
      `c, g against VictoriaMetrics, ${window}`,
      'within 2.0',
      'not slower (1.0)',
      against(victoria, 'cg', window),
    ]);
  }
  return rows.filter(([, , , measured]) => measured !== '');
}

function allSeriesClaims(results: PromqlResults): Row[] {
  const figures = results['all-series']?.figures;
  const ours = figures?.find(({ server }) => server === 'binnacle');
  if (ours?.ms === undefined) return [];
  const beside = figures
    ?.filter(({ server, ms }) => server !== 'binnacle' && ms !== undefined)
    .map(({ server, ms }) => `${server} ${seconds(ms?.median ?? 0)}`);
  const rise = Math.max(...ours.memory.map(({ peakBytes }) => peakBytes)) - (ours.memory[0]?.baseBytes ?? Number.NaN);
  return [
    [
      'sum of rates of all 20,000 series, 6 h',
      'under 1.5 s',
      'beside VictoriaMetrics',
      `${seconds(ours.ms.median)} (${beside?.join(', ')})`,
    ],
    ['its memory above the gateway at rest', 'under 600 MB', '', `${Math.round(rise / 1e6)} MB`],
  ];
}

function besideClaims({ beside }: PromqlResults): Row[] {
  const measured = beside?.figures
    .filter(({ server }) => server === 'binnacle')
    .map(({ heavy, p99Ms }) => `beside ${heavy} ${p99Ms}`);
  return measured === undefined || measured.length === 0
    ? []
    : [['small query while a heavy one runs, p99, ms', '50', '20', measured.join(', ')]];
}

function ingestClaims({ ingest }: PromqlResults): Row[] {
  const measured = ingest?.figures.map(({ server, queries, meanwhile }) => {
    const ratios = queries.map(({ ratio }) => ratio);
    const rate = Math.round(meanwhile.stored / meanwhile.seconds / 1000);
    return `${server}: median ${times(percentile(ratios, 0.5))}, worst ${times(Math.max(...ratios))} at ${rate},000/s`;
  });
  return measured === undefined
    ? []
    : [['a to g while 100,000 samples/s are ingested, times the quiet time', '1.5', '1.1', measured.join('; ')]];
}

const times = (ratio: number) => ratio.toFixed(2);
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
