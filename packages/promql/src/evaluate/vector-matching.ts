import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { Binary, VectorMatching } from '../parse/ast.ts';
import { type Evaluation, failed } from './evaluation.ts';
import { dropLabels, formatLabels, keepLabels, withLabel, withoutMetadata } from './label-edit.ts';
import { type Grid, isEmptyRow, type Matrix, type Row, RowAllocator } from './matrix.ts';
import type { ElementOperator } from './operators.ts';
import { matchSignature } from './set-operators.ts';

/** The series of both sides that agree on the match labels. */
interface MatchGroup {
  readonly many: Row[];
  readonly one: Row[];
}

/** A series of the result, and the steps at which pairs of a match group have claimed it. */
interface Target {
  readonly row: Row;
  claimed: Uint8Array | undefined;
  claimedBy: MatchGroup;
  /** The only pair so far: its claim is written out when a second one comes. */
  first: { readonly many: Row; readonly one: Row } | undefined;
}

/**
 * Arithmetic and comparison between two instant vectors. The "one" side has at most one series per match group and step;
 * without `group_left`/`group_right` that holds for both sides.
 */
export async function evaluateVectorMatching(
  evaluation: Evaluation,
  node: Binary,
  operator: ElementOperator,
  left: Matrix,
  right: Matrix,
  grid: Grid,
): Promise<Matrix> {
  const matching = node.matching ?? plainMatching;
  const swapped = matching.group === 'right';
  const filled = matching.fillLeft !== undefined || matching.fillRight !== undefined;
  const groups = groupRows(swapped ? right.rows : left.rows, swapped ? left.rows : right.rows, matching);
  const targets = new Map<string, Target>();
  const allocator = new RowAllocator(grid);
  const manyAnywhere = presenceOf(swapped ? right.rows : left.rows, grid);
  for (const group of groups.values()) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    if (group.one.length > 1) refuseDuplicates(group.one, manyAnywhere, matching, swapped);
    if (matching.group === undefined && group.many.length > 1) refuseManyToOne(group, grid);
    if (filled) fillMissing(group, matching, grid);
    for (const many of group.many) {
      for (const one of group.one) combine(group, many, one);
    }
  }
  return { rows: [...targets.values()].map((target) => target.row).filter((row) => !isEmptyRow(row)) };

  function combine(group: MatchGroup, many: Row, one: Row): void {
    const labels = resultLabels(many.labels, one.labels, operator, matching);
    let target = targets.get(labels.key);
    if (target === undefined) {
      const row = allocator.allocate(labels, node.returnBool || (operator.kind === 'comparison' && many.dropName));
      target = { row, claimed: undefined, claimedBy: group, first: { many, one } };
      targets.set(labels.key, target);
    } else {
      claim(target, group, many, one);
    }
    applyPair(target.row, many, one, operator, swapped, node.returnBool);
  }

  /** Refuses a second pair for the same series at a step where the first one has spoken. */
  function claim(target: Target, group: MatchGroup, many: Row, one: Row): void {
    const claimed = target.claimed ?? new Uint8Array(grid.count);
    if (target.first !== undefined) markPair(claimed, target.first.many, target.first.one);
    target.first = undefined;
    target.claimed = claimed;
    for (let i = 0; i < grid.count; i++) {
      if (many.present[i] === 0 || one.present[i] === 0) continue;
      if (claimed[i] === 1) {
        if (target.claimedBy !== group) throw failed('vector cannot contain metrics with the same labelset');
        throw failed('multiple matches for labels: grouping labels must ensure unique matches');
      }
      claimed[i] = 1;
    }
    target.claimedBy = group;
  }
}

const plainMatching: VectorMatching = {
  on: false,
  labels: [],
  group: undefined,
  include: [],
  fillLeft: undefined,
  fillRight: undefined,
};

function groupRows(many: readonly Row[], one: readonly Row[], matching: VectorMatching): Map<string, MatchGroup> {
  const signature = matchSignature(matching);
  const filled = matching.fillLeft !== undefined || matching.fillRight !== undefined;
  const groups = new Map<string, MatchGroup>();
  for (const row of one) {
    const key = signature(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { many: [], one: [row] });
    else group.one.push(row);
  }
  for (const row of many) {
    const key = signature(row);
    const group = groups.get(key);
    if (group !== undefined) group.many.push(row);
    else if (filled) groups.set(key, { many: [row], one: [] });
  }
  return groups;
}

function presenceOf(rows: readonly Row[], grid: Grid): Uint8Array {
  const presence = new Uint8Array(grid.count);
  for (const row of rows) for (let i = 0; i < grid.count; i++) if (row.present[i] === 1) presence[i] = 1;
  return presence;
}

function markPair(claimed: Uint8Array, many: Row, one: Row): void {
  for (let i = 0; i < claimed.length; i++) if (many.present[i] === 1 && one.present[i] === 1) claimed[i] = 1;
}

/** The "one" side must not have two series of a group at a step at which the other side has any series. */
function refuseDuplicates(
  one: readonly Row[],
  manyAnywhere: Uint8Array,
  matching: VectorMatching,
  swapped: boolean,
): void {
  const seen = new Map<number, Row>();
  for (const row of one) {
    for (let i = 0; i < manyAnywhere.length; i++) {
      if (row.present[i] === 0 || manyAnywhere[i] === 0) continue;
      const other = seen.get(i);
      if (other === undefined) {
        seen.set(i, row);
        continue;
      }
      const names = new Set(matching.labels);
      const group = matching.on ? keepLabels(row.labels, names) : dropLabels(row.labels, names.add('__name__'));
      const [first, second] = [formatLabels(row.labels), formatLabels(other.labels)].sort();
      throw failed(
        `found duplicate series for the match group ${formatLabels(group)} on the ${swapped ? 'left' : 'right'} hand-side of the operation: ` +
          `[${first}, ${second}];many-to-many matching not allowed: matching labels must be unique on one side`,
      );
    }
  }
}

/** Without grouping, a group must not have two series on the left at a step at which the right side has one. */
function refuseManyToOne(group: MatchGroup, grid: Grid): void {
  const matched = presenceOf(group.one, grid);
  const seen = new Uint8Array(grid.count);
  for (const row of group.many) {
    for (let i = 0; i < grid.count; i++) {
      if (row.present[i] === 0 || matched[i] === 0) continue;
      if (seen[i] === 1) {
        throw failed('multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)');
      }
      seen[i] = 1;
    }
  }
}

function applyPair(
  target: Row,
  many: Row,
  one: Row,
  operator: ElementOperator,
  swapped: boolean,
  returnBool: boolean,
): void {
  const { values, present } = target;
  const left = swapped ? one.values : many.values;
  const right = swapped ? many.values : one.values;
  for (let i = 0; i < values.length; i++) {
    if (many.present[i] === 0 || one.present[i] === 0) continue;
    const a = left[i] as number;
    const b = right[i] as number;
    if (operator.kind === 'arithmetic') values[i] = operator.compute(a, b);
    else if (returnBool) values[i] = operator.holds(a, b) ? 1 : 0;
    else if (operator.holds(a, b)) values[i] = a;
    else continue;
    present[i] = 1;
  }
}

function resultLabels(many: LabelSet, one: LabelSet, operator: ElementOperator, matching: VectorMatching): LabelSet {
  let labels = operator.kind === 'arithmetic' ? withoutMetadata(many) : many;
  if (matching.group === undefined) {
    const names = new Set(matching.labels);
    labels = matching.on ? keepLabels(labels, names) : dropLabels(labels, names);
  }
  for (const name of matching.include) labels = withLabel(labels, name, one.get(name) ?? '');
  return labels;
}

/** `fill`: at steps where only one side of a group has a series, a made-up one stands in for the other. */
function fillMissing(group: MatchGroup, matching: VectorMatching, grid: Grid): void {
  // As in Prometheus, the sides are those after `group_right` has swapped them: `fill_right` is the "one" side's.
  const { fillRight: fillOne, fillLeft: fillMany } = matching;
  const standIn = (like: readonly Row[], missing: readonly Row[], value: number): Row | undefined => {
    const first = like[0];
    if (first === undefined) return undefined;
    const names = new Set(matching.labels);
    const labels = matching.on ? keepLabels(first.labels, names) : dropLabels(first.labels, names.add('__name__'));
    const row: Row = {
      labels,
      dropName: false,
      values: new Float64Array(grid.count).fill(value),
      present: presenceOf(like, grid),
    };
    for (const other of missing) for (let i = 0; i < grid.count; i++) if (other.present[i] === 1) row.present[i] = 0;
    return isEmptyRow(row) ? undefined : row;
  };
  const one = fillOne === undefined ? undefined : standIn(group.many, group.one, fillOne);
  const many = fillMany === undefined ? undefined : standIn(group.one, group.many, fillMany);
  if (one !== undefined) group.one.push(one);
  if (many !== undefined) group.many.push(many);
}
