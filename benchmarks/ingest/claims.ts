import type { ServerName } from '../promql/options.ts';
import type { DiskFigures } from './disk.ts';
import type { IdleFigures } from './idle.ts';
import type { LatencyFigures } from './latency.ts';
import type { OtlpFigures } from './otlp.ts';
import type { PayloadForm } from './payload.ts';
import type { ThroughputFigures } from './throughput.ts';

interface Measured<Figures> {
  /** ISO 8601 */
  readonly measuredAt: string;
  readonly figures: Figures;
}

/** What the parts found; a part that was not run is undefined. */
export interface IngestResults {
  readonly throughput?: Measured<readonly ThroughputFigures[]>;
  readonly otlp?: Measured<readonly OtlpFigures[]>;
  readonly disk?: Measured<readonly DiskFigures[]>;
  readonly latency?: Measured<readonly LatencyFigures[]>;
  readonly memory?: Measured<MemoryFigures>;
  readonly idle?: Measured<IdleFigures>;
}

/** With a million active series; of the servers that were measured. */
export interface MemoryFigures {
  readonly residentBytes: Partial<Record<ServerName, number>>;
  /** Of our own gateway, above what it takes without series. */
  readonly bytesPerSeries: number;
}

/** One figure that is claimed. */
export interface Claim {
  readonly figure: string;
  readonly atLeast: string;
  readonly aim: string;
  /** In words, with the figures that it was judged by; undefined where nobody has measured it. */
  readonly measured: string | undefined;
  readonly verdict: Verdict;
}

export type Verdict = 'not measured' | 'missed' | 'reached' | 'reached, the aim too';

/** Undefined where a number that it needs was not measured. */
type Judgement = { measured: string; atLeast: boolean; aim: boolean } | undefined;

const victoria = 'victoria-metrics';

/** Every figure of ingest, in the order in which they are claimed. */
export function ingestClaims(results: IngestResults): Claim[] {
  return figures.map(({ figure, atLeast, aim, judge }) => {
    const judged = judge(results);
    const verdict: Verdict =
      judged === undefined
        ? 'not measured'
        : judged.atLeast
          ? judged.aim
            ? 'reached, the aim too'
            : 'reached'
          : 'missed';
    return { figure, atLeast, aim, measured: judged?.measured, verdict };
  });
}

interface Figure {
  readonly figure: string;
  readonly atLeast: string;
  readonly aim: string;
  judge(results: IngestResults): Judgement;
}

const figures: readonly Figure[] = [
  {
    figure: 'remote write, acknowledged after the data survives kill -9, 16 connections',
    atLeast: '1.0 × VictoriaMetrics, 2.5 × Prometheus',
    aim: '1.5 × VictoriaMetrics',
    judge: ({ throughput }) => {
      const of = (name: ServerName) => throughput?.figures.find(({ server }) => server === name)?.samplesPerSecond;
      const [ours, vm, prometheus] = [of('binnacle'), of(victoria), of('prometheus')];
      if (ours === undefined || vm === undefined || prometheus === undefined) return undefined;
      const [overVm, overPrometheus] = [ours.median / vm.median, ours.median / prometheus.median];
      return {
        measured: `${thousands(ours.median)} samples/s: ${overVm.toFixed(2)} × VictoriaMetrics (${thousands(vm.median)}), ${overPrometheus.toFixed(1)} × Prometheus (${thousands(prometheus.median)})`,
        atLeast: overVm >= 1 && overPrometheus >= 2.5,
        aim: overVm >= 1.5,
      };
    },
  },
  {
    figure: 'the same, CPU seconds per million samples, merges included',
    atLeast: 'below Prometheus',
    aim: 'below VictoriaMetrics',
    judge: ({ throughput }) => {
      const of = (name: ServerName) =>
        throughput?.figures.find(({ server }) => server === name)?.cpuPerMillionSettled.median;
      const [ours, vm, prometheus] = [of('binnacle'), of(victoria), of('prometheus')];
      if (ours === undefined || vm === undefined || prometheus === undefined) return undefined;
      return {
        measured: `${ours} s (VictoriaMetrics ${vm}, Prometheus ${prometheus})`,
        atLeast: ours < prometheus,
        aim: ours < vm,
      };
    },
  },
  {
    figure: 'OTLP/HTTP protobuf metrics, uncompressed as SDKs send it',
    atLeast: '0.7 × our remote write',
    aim: 'equal',
    judge: (results) => otlpAgainstRemoteWrite(results, 'otlp'),
  },
  {
    figure: 'the same in gzip, as Collectors send it',
    atLeast: '0.7 × our remote write',
    aim: 'equal',
    judge: (results) => otlpAgainstRemoteWrite(results, 'otlp-gzip'),
  },
  {
    figure: 'bytes on disk per sample after merges, labels and indexes included',
    atLeast: '1.5 × below Prometheus',
    aim: 'below VictoriaMetrics',
    judge: ({ disk }) => {
      const of = (name: DiskFigures['server']) => disk?.figures.find(({ server }) => server === name)?.bytesPerSample;
      const [ours, rows, vm, prometheus] = [of('binnacle'), of('binnacle-rows'), of(victoria), of('prometheus')];
      if (ours === undefined || rows === undefined || vm === undefined || prometheus === undefined) return undefined;
      return {
        measured: `${ours.toFixed(2)} sealed, ${rows.toFixed(2)} in the newest two hours: ${(prometheus / ours).toFixed(2)} × below Prometheus (${prometheus.toFixed(2)}); VictoriaMetrics ${vm.toFixed(2)}`,
        atLeast: prometheus / ours >= 1.5,
        aim: ours < vm,
      };
    },
  },
  {
    figure: 'acknowledgement latency at 100,000 samples/s offered, open loop, one minute',
    atLeast: 'p99 < 250 ms',
    aim: 'p99 < 50 ms',
    judge: ({ latency }) => {
      const ours = latency?.figures.find(({ server }) => server === 'binnacle');
      if (ours === undefined || ours.samplesPerSecond < ours.offeredPerSecond * 0.95) return undefined;
      const peers = latency?.figures.filter(({ server }) => server !== 'binnacle');
      const others = peers?.map(({ server, p50Ms, p99Ms, maxMs }) => `${server} ${p50Ms}, ${p99Ms}, ${maxMs}`);
      return {
        measured: `p50 ${ours.p50Ms}, p99 ${ours.p99Ms}, longest ${ours.maxMs} ms${others?.length ? ` (${others.join('; ')})` : ''}; in the first five seconds, which are not counted, up to ${ours.warmUpMaxMs} ms`,
        atLeast: ours.p99Ms < 250,
        aim: ours.p99Ms < 50,
      };
    },
  },
  {
    figure: 'resident memory with 1,000,000 active series',
    atLeast: 'below Prometheus',
    aim: '1 KiB a series over the base',
    judge: ({ memory }) => {
      const ours = memory?.figures.residentBytes.binnacle;
      const prometheus = memory?.figures.residentBytes.prometheus;
      if (memory === undefined || ours === undefined || prometheus === undefined) return undefined;
      return {
        measured: `${megabytes(ours)} (Prometheus ${megabytes(prometheus)}), ${Math.round(memory.figures.bytesPerSeries)} bytes a series`,
        atLeast: ours < prometheus,
        aim: memory.figures.bytesPerSeries <= 1024,
      };
    },
  },
  {
    figure: 'idle gateway with its Postgres, demo off, CPU over a minute',
    atLeast: '< 2 % of a core',
    aim: '< 0.5 %',
    judge: ({ idle }) =>
      idle === undefined
        ? undefined
        : {
            measured: `${idle.figures.meanPercentOfACore} %`,
            atLeast: idle.figures.meanPercentOfACore < 2,
            aim: idle.figures.meanPercentOfACore < 0.5,
          },
  },
];

function otlpAgainstRemoteWrite({ otlp }: IngestResults, wanted: PayloadForm): Judgement {
  const of = (name: PayloadForm) => otlp?.figures.find(({ form }) => form === name)?.samplesPerSecond.median;
  const [ours, remoteWrite] = [of(wanted), of('remote-write')];
  if (ours === undefined || remoteWrite === undefined) return undefined;
  const ratio = ours / remoteWrite;
  return {
    measured: `${ratio.toFixed(2)} × (${thousands(ours)} points/s beside ${thousands(remoteWrite)} samples/s)`,
    atLeast: ratio >= 0.7,
    aim: ratio >= 1,
  };
}

const thousands = (value: number) => (Math.round(value / 1000) * 1000).toLocaleString('en');
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;

/** Rows of the table of figures: figure, at least, aim, measured, verdict. */
export const claimRows = (results: IngestResults): string[][] =>
  ingestClaims(results).map(({ figure, atLeast, aim, measured, verdict }) => [
    figure,
    atLeast,
    aim,
    measured ?? '',
    verdict,
  ]);
