import type { NcclTest } from '@binnacle/shared/api/domain.ts';
import { busBandwidthFactor, collectiveNamed } from '@binnacle/shared/models/all-reduce.ts';
import { meanBusGigabytes, type TestResult } from './test-result.ts';

type Row = NcclTest['rows'][number];

/** Columns of a header row, found by name: versions and options add columns in several places. */
interface Columns {
  readonly count: number;
  readonly size: number;
  readonly type: number;
  readonly redop: number;
  readonly halves: readonly {
    readonly placement: Row['placement'];
    readonly time: number;
    readonly algbw: number;
    readonly busbw: number;
    readonly wrong: number;
  }[];
}

/**
 * Reads the text output of nccl-tests (`src/util.cu`), whatever its version: with or without `#`, prefixed by mpirun, cut
 * at either end. Bandwidths are printed in 1e9 bytes/s, times in µs, sizes in bytes. null when it has no table.
 */
export function parseTestText(text: string): TestResult | null {
  let columns: Columns | null = null;
  let collective: string | null = null;
  let version: string | null = null;
  let printedAverage: number | null = null;
  let averageOk: boolean | null = null;
  let outOfBounds: number | null = null;
  let highestRank = -1;
  const hosts = new Set<string>();
  const rows: Row[] = [];
  for (const raw of text.split('\n')) {
    const line = withoutPrefix(raw);
    const header = headerColumns(line);
    if (header !== null) {
      columns = header;
      continue;
    }
    if (columns !== null && addRows(rows, columns, line)) continue;
    const named = /Collective test (?:starting|concluded): *(\S+)/.exec(line);
    if (named !== null) collective = collectiveNamed(named[1] as string) ?? collective;
    version = /^nccl-tests version (\S+)/.exec(line)?.[1] ?? version;
    const rank = /^Rank +(\d+) +Group +\d+ +Pid +\d+ on +(\S+)/.exec(line);
    if (rank !== null) {
      highestRank = Math.max(highestRank, Number(rank[1]));
      hosts.add(rank[2] as string);
    }
    const average = /^Avg bus bandwidth *: *(\S+)(?: +(OK|FAILED))?/.exec(line);
    if (average !== null) {
      printedAverage = finite(average[1]);
      averageOk = average[2] === undefined ? null : average[2] === 'OK';
    }
    const bounds = /^Out of bounds values *: *(\d+)/.exec(line);
    if (bounds !== null) outOfBounds = Number(bounds[1]);
  }
  if (columns === null) return null;
  const ranks = highestRank < 0 ? null : highestRank + 1;
  return {
    collective: collective ?? inferCollective(rows, ranks),
    version,
    ranks,
    // A list of devices that was cut short still has its last rank, but not all of its hosts.
    nodes: ranks !== null && hosts.size > 0 && listIsWhole(text, ranks) ? hosts.size : null,
    rows,
    outOfBounds,
    printedAverageGigabytesPerSecond: printedAverage,
    meanGigabytesPerSecond: meanBusGigabytes(rows),
    averageOk,
    complete: printedAverage !== null,
  };
}

/** Drops "[0]", "[1,0]<stdout>:" of mpirun and leading "#". */
function withoutPrefix(line: string): string {
  return line.replace(/^\s*(?:\[[\d,]+\](?:<\w+>)?:?\s?)?[\s#]*/, '').trimEnd();
}

function headerColumns(line: string): Columns | null {
  const names = line.split(/\s+/).map((name) => name.replace(/^#/, ''));
  const times = names.flatMap((name, i) => (name === 'time' ? [i] : []));
  if (!names.includes('size') || !names.includes('busbw') || times.length === 0 || times.length > 2) return null;
  const after = (from: number, ...wanted: string[]) => names.findIndex((name, i) => i > from && wanted.includes(name));
  const placements = ['out_of_place', 'in_place'] as const;
  const ends = [times[1] ?? names.length, names.length];
  return {
    count: names.length,
    size: names.indexOf('size'),
    type: names.indexOf('type'),
    redop: names.indexOf('redop'),
    halves: times.map((time, i) => {
      const wrong = after(time, 'wrong', 'error');
      return {
        placement: placements[i] as Row['placement'],
        time,
        algbw: after(time, 'algbw'),
        busbw: after(time, 'busbw'),
        wrong: wrong >= 0 && wrong < (ends[i] as number) ? wrong : -1,
      };
    }),
  };
}

/** Adds the measurements of a data row; false when the line is none. A row that was cut short gives what is whole. */
function addRows(rows: Row[], columns: Columns, line: string): boolean {
  const cells = line.split(/\s+/);
  const sizeText = cells[columns.size] ?? '';
  if (!/^\d+$/.test(sizeText) || cells.length < columns.halves[0]!.busbw + 1) return false;
  for (const half of columns.halves) {
    const microseconds = finite(cells[half.time]);
    const algorithm = finite(cells[half.algbw]);
    const bus = finite(cells[half.busbw]);
    if (microseconds === null || algorithm === null || bus === null) continue;
    rows.push({
      sizeBytes: Number(sizeText),
      dtype: columns.type < 0 ? '' : (cells[columns.type] ?? ''),
      redop: columns.redop < 0 ? null : (cells[columns.redop] ?? null),
      placement: half.placement,
      seconds: microseconds / 1e6,
      algorithmBandwidthBytesPerSecond: algorithm * 1e9,
      busBandwidthBytesPerSecond: bus * 1e9,
      wrong: half.wrong < 0 ? null : finite(cells[half.wrong]),
    });
  }
  return true;
}

function finite(text: string | undefined): number | null {
  const value = Number(text);
  return text === undefined || text === '' || !Number.isFinite(value) ? null : value;
}

/** Whether every rank has its line in the list of devices. */
function listIsWhole(text: string, ranks: number): boolean {
  return (text.match(/Rank +\d+ +Group +\d+ +Pid/g) ?? []).length >= ranks;
}

/**
 * Output without the line that names the collective: bus over algorithm bandwidth is the factor of the collective, and
 * only reductions print an operator. Told only where one of them fits within 1 %; null otherwise.
 */
function inferCollective(rows: readonly Row[], ranks: number | null): string | null {
  const large = rows.findLast(
    (row) => row.algorithmBandwidthBytesPerSecond >= 1e9 && row.busBandwidthBytesPerSecond > 0,
  );
  if (large === undefined || ranks === null || ranks <= 2 || large.redop === null || large.redop === 'none')
    return null;
  const ratio = large.busBandwidthBytesPerSecond / large.algorithmBandwidthBytesPerSecond;
  const fits = (['all_reduce', 'reduce_scatter'] as const).filter(
    (name) => Math.abs(ratio / (busBandwidthFactor(name, ranks) as number) - 1) < 0.01,
  );
  return fits.length === 1 ? (fits[0] as string) : null;
}
