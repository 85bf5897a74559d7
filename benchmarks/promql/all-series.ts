import { type Agreement, compareAnswers } from './agreement.ts';
import type { Dataset } from './dataset.ts';
import { get } from './http.ts';
import { type MemoryPeak, memoryDuring } from './memory.ts';
import type { Options, ServerName } from './options.ts';
import { allSeriesFor, longWindow, rangePath } from './queries.ts';
import { table } from './report.ts';
import type { RunningServer } from './servers.ts';
import { type Summary, summary } from './statistics.ts';

export interface AllSeriesFigures {
  readonly server: ServerName;
  /** Why there are no times, where the server refused the query. */
  readonly refused: string | undefined;
  readonly ms: Summary | undefined;
  readonly raw: readonly number[];
  /** Of each measurement. */
  readonly memory: readonly MemoryPeak[];
  readonly agreement: Agreement | undefined;
}

const comparison = { compare: 'rows', extrapolates: true } as const;

/** The rate of every series of the data, summed: its time, and the memory that it takes beyond what was resident. */
export async function measureAllSeries(
  options: Options,
  dataset: Dataset,
  servers: readonly RunningServer[],
): Promise<AllSeriesFigures[]> {
  const figures: AllSeriesFigures[] = [];
  let reference: Buffer | undefined;
  const referenceFirst = [...servers].sort((a, b) => Number(b.name === 'prometheus') - Number(a.name === 'prometheus'));
  for (const server of referenceFirst) {
    const path = rangePath(allSeriesFor(server.name), longWindow, dataset);
    const raw: number[] = [];
    const memory: MemoryPeak[] = [];
    let refused: string | undefined;
    let body: Buffer | undefined;
    for (let round = 0; round <= options.rounds && refused === undefined; round++) {
      const measured = await memoryDuring(server.pid, () => get(server.ask(path)));
      const { status, ms } = measured.result;
      body = measured.result.body;
      if (status !== 200) refused = `${status} ${body.toString('utf8', 0, 300)}`;
      // The first one is there to warm up.
      else if (round > 0) raw.push(Math.round(ms));
      if (measured.memory !== undefined) memory.push(measured.memory);
    }
    if (server.name === 'prometheus') reference = body;
    const comparable = server.name === 'binnacle' && refused === undefined && body !== undefined;
    figures.push({
      server: server.name,
      refused,
      ms: raw.length > 0 ? summary(raw) : undefined,
      raw,
      memory,
      agreement:
        comparable && reference !== undefined ? compareAnswers(comparison, body as Buffer, reference) : undefined,
    });
  }
  return figures;
}

export function allSeriesTable(figures: readonly AllSeriesFigures[]): string {
  const megabytes = (bytes: number) => Math.round(bytes / 1e6);
  const refusals = figures.flatMap(({ server, refused }) => (refused === undefined ? [] : [`${server}: ${refused}`]));
  const rows = table([
    ['all series, 6h/60s', 'ms', 'base MB', 'peak above base MB', 'agrees'],
    ...figures.map(({ server, ms, memory, agreement }) => [
      server,
      ms === undefined ? '–' : `${ms.median} (${ms.min})`,
      memory.length === 0 ? '–' : megabytes(memory[0]?.baseBytes ?? 0),
      memory.length === 0 ? '–' : megabytes(largestRise(memory)),
      agreement === undefined ? '–' : agreement.agrees ? 'yes' : 'NO',
    ]),
  ]);
  return [rows, ...refusals].join('\n');
}

/** Above what was resident before the first of them. */
const largestRise = (memory: readonly MemoryPeak[]) =>
  Math.max(...memory.map(({ peakBytes }) => peakBytes)) - (memory[0]?.baseBytes ?? 0);
