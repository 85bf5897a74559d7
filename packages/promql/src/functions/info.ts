import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Matcher } from '@binnacle/shared/telemetry/reader.ts';
import { type Evaluation, failed } from '../evaluate/evaluation.ts';
import { formatLabels, withLabel } from '../evaluate/label-edit.ts';
import { type Grid, type Matrix, type Row, RowAllocator } from '../evaluate/matrix.ts';
import { compileMatcher } from '../matching/matcher.ts';
import type { Call, Expr, VectorSelector } from '../parse/ast.ts';
import type { FunctionImplementation } from './function.ts';

/** Labels by which an info metric belongs to a series. */
const identifyingLabels = ['instance', 'job'] as const;

const metricName = '__name__';

/** What of the info series a query wants: which metrics, and which of their labels. */
interface Wanted {
  /** Whether a series is an info series itself, which is left as it is. */
  readonly isInfo: (labels: LabelSet) => boolean;
  /** Labels that are taken over; undefined where all are. */
  readonly labels: ReadonlySet<string> | undefined;
  /** Whether a series may stay without any info series. */
  readonly optional: boolean;
}

function wantedBy(matchers: readonly Matcher[]): Wanted {
  const names = matchers.filter(({ name }) => name === metricName).map(compileMatcher);
  const data = matchers.filter(({ name }) => name !== metricName);
  return {
    isInfo: (labels) => names.every((test) => test(labels.metricName)),
    labels: data.length === 0 ? undefined : new Set(data.map(({ name }) => name)),
    optional: data.every((matcher) => compileMatcher(matcher)('')),
  };
}

const identityOf = (labels: LabelSet): string => identifyingLabels.map((name) => labels.get(name) ?? '').join('\u00ff');

/**
 * The info series that can belong to any of the base series, by identity and then by metric. A label that some base series
 * has must have the value of one of them.
 */
function infoByIdentity(base: readonly Row[], infos: readonly Row[]): Map<string, Map<string, Row[]>> {
  const known = identifyingLabels.map((name) => new Set(base.map(({ labels }) => labels.get(name) ?? '')));
  for (const values of known) values.delete('');
  const byIdentity = new Map<string, Map<string, Row[]>>();
  if (known.every((values) => values.size === 0)) return byIdentity;
  for (const row of infos) {
    const possible = identifyingLabels.every((name, index) => {
      const values = known[index] as Set<string>;
      return values.size === 0 || values.has(row.labels.get(name) ?? '');
    });
    if (!possible) continue;
    const identity = identityOf(row.labels);
    let byMetric = byIdentity.get(identity);
    if (byMetric === undefined) {
      byMetric = new Map();
      byIdentity.set(identity, byMetric);
    }
    const rows = byMetric.get(row.labels.metricName);
    if (rows === undefined) byMetric.set(row.labels.metricName, [row]);
    else rows.push(row);
  }
  return byIdentity;
}

/** For each step the series whose sample is the newest; -1 where there is none. Two equally new ones are refused. */
function newestPerStep(rows: readonly Row[], grid: Grid, anyBase: Uint8Array): Int32Array {
  const newest = new Int32Array(grid.count).fill(-1);
  for (const [index, row] of rows.entries()) {
    for (let i = 0; i < grid.count; i++) {
      if (row.present[i] === 0 || anyBase[i] === 0) continue;
      const other = rows[newest[i] as number];
      if (other !== undefined && other.values[i] === row.values[i]) {
        const ms = Math.round((row.values[i] as number) * 1000);
        throw failed(
          `found duplicate series for info metric: existing ${formatLabels(other.labels)} @ ${ms}, new ${formatLabels(row.labels)} @ ${ms}`,
        );
      }
      if (other === undefined || (row.values[i] as number) > (other.values[i] as number)) newest[i] = index;
    }
  }
  return newest;
}

/** The labels of a series with those of its info series. Labels that it has stay as they are. */
function enriched(labels: LabelSet, infos: readonly LabelSet[], wanted: ReadonlySet<string> | undefined): LabelSet {
  const added = new Map<string, string>();
  for (const { pairs } of infos) {
    for (let i = 0; i < pairs.length; i += 2) {
      const name = pairs[i] as string;
      const value = pairs[i + 1] as string;
      if (name === metricName || wanted?.has(name) === false) continue;
      const other = added.get(name);
      if (other !== undefined && other !== value) throw failed(`conflicting label: ${name}`);
      if (labels.get(name) === undefined) added.set(name, value);
    }
  }
  let result = labels;
  for (const [name, value] of added) result = withLabel(result, name, value);
  return result;
}

/**
 * `info(v, {selector})`: adds to each series the labels of the info series with the same `instance` and `job`. By now the
 * second argument is `timestamp()` of the info series, each at the time that the first argument looks at.
 */
async function info(evaluation: Evaluation, call: Call, grid: Grid): Promise<Matrix> {
  const [vector, times] = call.args as [Expr, Call];
  const wanted = wantedBy((times.args[0] as VectorSelector).matchers);
  const { rows } = await evaluation.evaluate(vector, grid);
  const { rows: infos } = await evaluation.evaluate(times, grid);
  const base = rows.filter((row) => !wanted.isInfo(row.labels));
  const anyBase = new Uint8Array(grid.count);
  for (const row of rows) for (let i = 0; i < grid.count; i++) if (row.present[i] === 1) anyBase[i] = 1;

  const candidates = new Map<string, { rows: Row[]; newest: Int32Array }[]>();
  for (const [identity, byMetric] of infoByIdentity(base, infos)) {
    const found = [...byMetric.values()].map((some) => ({ rows: some, newest: newestPerStep(some, grid, anyBase) }));
    candidates.set(identity, found);
  }

  const allocator = new RowAllocator(grid);
  const results = new Map<string, Row>();
  const put = (labels: LabelSet, source: Row, step: number): void => {
    let target = results.get(labels.key);
    if (target === undefined) {
      evaluation.reserve((results.size + 1) * grid.count);
      target = allocator.allocate(labels, source.dropName);
      results.set(labels.key, target);
    }
    if (target.present[step] === 1) throw failed('vector cannot contain metrics with the same labelset');
    target.values[step] = source.values[step] as number;
    target.present[step] = 1;
  };

  for (const row of rows) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    const itself = wanted.isInfo(row.labels);
    const metrics = itself ? [] : (candidates.get(identityOf(row.labels)) ?? []);
    // The same info series mostly hold from step to step: their labels are put together once.
    const known = new Map<string, LabelSet>();
    for (let i = 0; i < grid.count; i++) {
      if (row.present[i] === 0) continue;
      const chosen = metrics.map(({ newest }) => newest[i] as number);
      const some = chosen.some((index) => index >= 0);
      if (!some && !itself && !wanted.optional) continue;
      if (!some) {
        put(row.labels, row, i);
        continue;
      }
      const key = chosen.join();
      let labels = known.get(key);
      if (labels === undefined) {
        const series = metrics.flatMap((metric, at) => metric.rows[chosen[at] as number]?.labels ?? []);
        labels = enriched(row.labels, series, wanted.labels);
        known.set(key, labels);
      }
      put(labels, row, i);
    }
  }
  return { rows: [...results.values()] };
}

export const infoFunctions: Readonly<Record<string, FunctionImplementation>> = {
  info: { kind: 'whole', evaluate: info },
};
