import { categoricalColor } from '#charts/colors.ts';
import type { SizeLine } from '#charts/size-chart.tsx';
import type { ChartLine } from '#charts/time-series-model.ts';
import type { Status } from '#components/ui/status.tsx';
import { statusOrder } from '#components/ui/status.tsx';
import type { RangeAnswer, Sample, Series } from '#data/prometheus.ts';
import { format } from '#format/units.ts';

type Labels = Readonly<Record<string, string>>;
const collator = new Intl.Collator('en', { numeric: true });

export interface JobBandwidth {
  readonly job: string;
  readonly messageBytes: number;
  readonly measured: Series;
  readonly expected: Series | null;
  /** Measured over expected now; null where either is unknown. */
  readonly ratio: number | null;
}

/** A sample older than this many steps says nothing about now. */
const freshSteps = 4;

function newestValue(series: Series | null, answer: RangeAnswer): number | null {
  const time = series?.times.at(-1);
  if (series === null || time === undefined || answer.toMs - time > freshSteps * answer.stepSeconds * 1e3) return null;
  const value = series.values.at(-1);
  return value === undefined || !Number.isFinite(value) ? null : value;
}

/** Each job's all-reduce at its largest message, where bandwidth and not latency decides; slowest first. */
export function jobBandwidths(measured: RangeAnswer, expected: RangeAnswer | undefined): JobBandwidth[] {
  const keyOf = (labels: Labels) => `${labels.job} ${labels.message_bytes}`;
  const models = new Map((expected?.series ?? []).map((series) => [keyOf(series.labels), series]));
  const best = new Map<string, Series>();
  for (const series of measured.series) {
    const job = series.labels.job ?? '';
    const known = best.get(job);
    if (known === undefined || Number(series.labels.message_bytes) > Number(known.labels.message_bytes))
      best.set(job, series);
  }
  return [...best]
    .map(([job, series]) => {
      const model = models.get(keyOf(series.labels)) ?? null;
      const now = newestValue(series, measured);
      const should = expected === undefined ? null : newestValue(model, expected);
      return {
        job,
        messageBytes: Number(series.labels.message_bytes),
        measured: series,
        expected: model,
        ratio: now === null || should === null || should === 0 ? null : now / should,
      };
    })
    .sort((a, b) => (a.ratio ?? Number.POSITIVE_INFINITY) - (b.ratio ?? Number.POSITIVE_INFINITY));
}

/** Measured solid, expected dashed in the same colour. */
export const bandwidthLines = (jobs: readonly JobBandwidth[]): ChartLine[] =>
  jobs.flatMap(({ job, messageBytes, measured, expected }, i) => {
    const name = `${job}, ${format(messageBytes, 'bytes')}`;
    const color = categoricalColor(i);
    return [
      { name, times: measured.times, values: measured.values, color },
      ...(expected === null
        ? []
        : [{ name: `${name}, expected`, times: expected.times, values: expected.values, color, dashed: true }]),
    ];
  });

/** Points of nccl-tests by message size, and the model's line for each test. */
export function sizeLines(measured: readonly Sample[], expected: readonly Sample[]): SizeLine[] {
  const groups = new Map<string, { name: string; test: string; dashed: boolean; points: [number, number][] }>();
  const add = (samples: readonly Sample[], dashed: boolean) => {
    for (const { labels, value } of samples) {
      const size = Number(labels.size_bytes);
      if (!(size > 0) || !Number.isFinite(value)) continue;
      const parts = [
        labels.test,
        labels.collective,
        dashed ? 'expected' : labels.dtype,
        dashed ? undefined : placement(labels.placement),
      ];
      const name = parts.filter((part) => part !== undefined && part !== '').join(', ');
      const group = groups.get(name) ?? { name, test: labels.test ?? '', dashed, points: [] };
      group.points.push([size, value]);
      groups.set(name, group);
    }
  };
  add(measured, false);
  add(expected, true);
  const sorted = [...groups.values()].sort(
    (a, b) => Number(a.dashed) - Number(b.dashed) || collator.compare(a.name, b.name),
  );
  return sorted.map(({ name, dashed, points }, i) => {
    points.sort(([a], [b]) => a - b);
    return {
      name,
      sizes: points.map(([size]) => size),
      values: points.map(([, value]) => value),
      dashed,
      color: dashed ? 'var(--ink-faint)' : categoricalColor(i),
    };
  });
}

const placement = (text: string | undefined) =>
  text === 'out' || text === 'out_of_place' ? 'out of place' : text === 'in' || text === 'in_place' ? 'in place' : text;

export interface PortRow {
  readonly key: string;
  readonly instance: string;
  readonly device: string;
  readonly port: string;
  readonly status: Status;
  /** Why it stands where it stands; empty where all is well. */
  readonly reason: string;
  readonly stateId: number | null;
  /** bytes per second */
  readonly rate: number | null;
  readonly transmit: number | null;
  readonly receive: number | null;
  /** Events within the range; null where the counter is not exported. */
  readonly downed: number | null;
  readonly errors: number | null;
  /** Ticks a second in which data waited for credits. */
  readonly wait: number | null;
}

const states: Readonly<Record<number, string>> = {
  0: 'no change',
  1: 'down',
  2: 'init',
  3: 'armed',
  4: 'active',
  5: 'active defer',
};

/** Name of an InfiniBand port state, as the kernel numbers them. */
export const stateName = (id: number | null): string => (id === null ? 'unknown' : (states[id] ?? `state ${id}`));

type PortAnswers = Readonly<
  Record<
    'state' | 'rate' | 'transmit' | 'receive' | 'downed' | 'recovered' | 'symbols' | 'errors' | 'wait',
    readonly Sample[]
  >
>;

/** A port that waits this many times longer than the median of all ports is an outlier. */
const waitOutlier = 10;

/** One row per port, worst first, each with the reason. The usual rate is the one that most ports have. */
export function portRows(answers: PortAnswers): PortRow[] {
  const keyOf = (labels: Labels) => `${labels.instance ?? ''}/${labels.device ?? ''}/${labels.port ?? ''}`;
  const ports = new Map<string, Labels>();
  const values = Object.fromEntries(
    Object.entries(answers).map(([name, samples]) => [
      name,
      new Map(
        samples.flatMap(({ labels, value }) => {
          ports.set(keyOf(labels), labels);
          return Number.isFinite(value) ? [[keyOf(labels), value] as const] : [];
        }),
      ),
    ]),
  ) as unknown as Record<keyof PortAnswers, Map<string, number>>;

  const usualRate = mostCommon([...values.rate.values()]);
  const waits = [...values.wait.values()].sort((a, b) => a - b);
  const usualWait = waits[Math.floor(waits.length / 2)] ?? 0;

  const rows = [...ports].map(([key, labels]): PortRow => {
    const get = (name: keyof PortAnswers) => values[name].get(key) ?? null;
    const stateId = get('state');
    const rate = get('rate');
    const downed = rounded(get('downed'));
    const counted = [get('symbols'), get('errors')].filter((value) => value !== null);
    const errors = counted.length === 0 ? null : Math.round(counted.reduce((sum, value) => sum + value, 0));
    const recovered = rounded(get('recovered'));
    const wait = get('wait');
    const bad = [
      stateId !== null && stateId !== 4 && stateId !== 5 ? `port is ${stateName(stateId)}` : null,
      downed !== null && downed > 0 ? `went down ${downed === 1 ? 'once' : `${downed} times`}` : null,
      rate !== null && usualRate !== null && rate < usualRate * 0.99
        ? `runs at ${format(rate * 8, 'bitsPerSecond')}, others at ${format(usualRate * 8, 'bitsPerSecond')}`
        : null,
    ].filter((reason) => reason !== null);
    const attention = [
      errors !== null && errors > 0 ? `${format(errors, 'count')} errors` : null,
      recovered !== null && recovered > 0 ? `recovered ${recovered === 1 ? 'once' : `${recovered} times`}` : null,
      wait !== null && wait > 1 && wait > usualWait * waitOutlier
        ? 'congested: waits for credits far longer than most'
        : null,
    ].filter((reason) => reason !== null);
    return {
      key,
      instance: labels.instance ?? '',
      device: labels.device ?? '',
      port: labels.port ?? '',
      status: bad.length > 0 ? 'bad' : attention.length > 0 ? 'attention' : stateId === null ? 'unknown' : 'ok',
      reason: [...bad, ...attention].join(', '),
      stateId,
      rate,
      transmit: get('transmit'),
      receive: get('receive'),
      downed,
      errors,
      wait,
    };
  });
  return rows.sort(
    (a, b) =>
      statusOrder[a.status] - statusOrder[b.status] ||
      (b.downed ?? 0) - (a.downed ?? 0) ||
      (b.errors ?? 0) - (a.errors ?? 0) ||
      collator.compare(a.key, b.key),
  );
}

/** `increase` extrapolates: an event count is shown whole, and one event stays one. */
function rounded(value: number | null): number | null {
  if (value === null) return null;
  return value > 0 ? Math.max(1, Math.round(value)) : 0;
}

function mostCommon(values: readonly number[]): number | null {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  let best: number | null = null;
  for (const [value, count] of counts) if (best === null || count > counts.get(best)!) best = value;
  return best;
}

export interface Straggler {
  readonly job: string;
  readonly rank: number;
  /** Host of the rank; null where no sample says so. */
  readonly instance: string | null;
}

/** Ranks that arrive last, with the host they run on. */
export function stragglers(samples: readonly Sample[], ranks: readonly Sample[]): Straggler[] {
  return samples
    .filter((sample) => Number.isFinite(sample.value))
    .map(({ labels, value }) => ({
      job: labels.job ?? '',
      rank: value,
      instance:
        ranks.find((rank) => rank.labels.job === labels.job && Number(rank.labels.rank) === value)?.labels.instance ??
        null,
    }));
}
