import { existsSync, readFileSync } from 'node:fs';
import { claimRows, type IngestResults, ingestClaims } from '../../benchmarks/ingest/claims.ts';
import { faults } from './reference-faults.ts';
import { cell, table } from './reference-markdown.ts';

const house = new URL('../../', import.meta.url);
const resultsFile = new URL('benchmarks/results/ingest.json', house);

interface ResultsFile {
  readonly machine: {
    readonly cpu?: string;
    readonly cores: number;
    readonly memoryGigabytes: number;
    readonly node: string;
  };
  readonly result: IngestResults;
}

const read = (): ResultsFile => JSON.parse(readFileSync(resultsFile, 'utf8')) as ResultsFile;

/** The figures of ingest as they were measured last, with the machine and the days. */
export function figuresTable(): string {
  const { machine, result } = read();
  const days = [...new Set(Object.values(result).map(({ measuredAt }) => measuredAt.slice(0, 10)))].sort();
  return [
    table(
      ['figure', 'at least', 'aim', 'measured', 'verdict'],
      claimRows(result).map((row) => row.map(cell)),
    ),
    `Measured ${days.join(', ')} on ${machine.cores} cores of an ${machine.cpu}, ${machine.memoryGigabytes} GB, Node ${machine.node.slice(1)}.`,
  ].join('\n\n');
}

/** What the front page says of ingest: only figures that were measured and reached. */
export function ingestSentence(): string {
  const [rate, cpu] = ingestClaims(read().result);
  const reached = [rate, cpu].filter((claim) => claim?.verdict.startsWith('reached'));
  return reached.length < 2
    ? 'What ingest reaches is in [docs/ingest.md](docs/ingest.md#figures).'
    : `Measured on two cores: remote write at ${rate?.measured}, for ${cpu?.measured} of CPU per million samples; [all figures](docs/ingest.md#figures).`;
}

/** The faults, each with its tests. Throws where a test is not there. */
export function faultsTable(): string {
  return table(
    ['fault', 'what is done to it', 'what holds', 'tests'],
    faults.map(({ fault, done, holds, tests }) => [
      fault,
      done,
      holds,
      tests
        .map((test) => {
          if (!existsSync(new URL(test, house)))
            throw new Error(`the fault "${fault}" names ${test}, which is not there`);
          const name = test.split('/').slice(-2).join('/').replace('.test.ts', '').replace('.ts', '');
          return `[${name}](../${test})`;
        })
        .join(', '),
    ]),
  );
}
