import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Aggregation } from '../parse/ast.ts';
import { dropLabels, keepLabels, signatureOf } from './label-edit.ts';
import { noLabels, type Row } from './matrix.ts';

/** The input series of one group of an aggregation. */
export interface Group {
  readonly labels: LabelSet;
  readonly rows: Row[];
}

/** How labels are grouped: `by (…)` keeps those named, `without (…)` drops those named and the metric name. */
export interface Grouping {
  readonly signature: (labels: LabelSet) => string;
  readonly labels: (labels: LabelSet) => LabelSet;
}

export function groupingOf({ without, labels }: Pick<Aggregation, 'without' | 'labels'>): Grouping {
  if (without) {
    const names = new Set([...labels, '__name__']);
    return { signature: (set) => signatureOf(set, names, 'others'), labels: (set) => dropLabels(set, names) };
  }
  if (labels.length === 0) return { signature: () => '', labels: () => noLabels };
  const names = new Set(labels);
  return { signature: (set) => signatureOf(set, names, 'named'), labels: (set) => keepLabels(set, names) };
}

/** Groups rows, groups and their rows in the order of the input. */
export function groupRows(rows: readonly Row[], grouping: Grouping): Group[] {
  const groups = new Map<string, Group>();
  for (const row of rows) {
    const key = grouping.signature(row.labels);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { labels: grouping.labels(row.labels), rows: [row] });
    else group.rows.push(row);
  }
  return [...groups.values()];
}
