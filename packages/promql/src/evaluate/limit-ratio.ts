import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import xxhash from 'xxhash-wasm';
import type { Aggregation } from '../parse/ast.ts';
import { type Evaluation, failed } from './evaluation.ts';
import { type Grid, isEmptyRow, type Matrix, type Row } from './matrix.ts';

const { h64Raw } = await xxhash();
const utf8 = new TextEncoder();

/** Texts shorter than this have a length of one byte. */
const longLength = 255;

/**
 * Where a series stands between 0 and 1: its hash as a share of the largest one. It is the XXH64 of the label set in the
 * encoding of Prometheus (model/labels/labels_stringlabels.go: each text after its length), so the same series are chosen.
 */
export function samplingOffset(labels: LabelSet): number {
  const parts = labels.pairs.map((text) => utf8.encode(text));
  const size = parts.reduce((sum, part) => sum + part.length + (part.length < longLength ? 1 : 4), 0);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    if (part.length < longLength) bytes[at++] = part.length;
    else {
      bytes.set([longLength, part.length & 0xff, (part.length >> 8) & 0xff, (part.length >> 16) & 0xff], at);
      at += 4;
    }
    bytes.set(part, at);
    at += part.length;
  }
  return Number(h64Raw(bytes)) / 2 ** 64;
}

/** `limit_ratio`: at each step the series that stand below the ratio stay; a negative ratio keeps the others' complement. */
export async function selectByRatio(
  evaluation: Evaluation,
  node: Aggregation,
  rows: readonly Row[],
  ratios: Float64Array,
  grid: Grid,
): Promise<Matrix> {
  if (ratios.every((ratio) => ratio === 0)) return { rows: [] };
  let least = ratios[0] as number;
  let most = least;
  for (const ratio of ratios) {
    if (Number.isNaN(ratio)) throw failed('Ratio value is NaN');
    least = Math.min(least, ratio);
    most = Math.max(most, ratio);
  }
  const span = (node.param ?? node).span;
  if (most > 1) evaluation.annotations.invalidRatio(most, 1, span);
  if (least < -1) evaluation.annotations.invalidRatio(least, -1, span);
  const results: Row[] = [];
  for (const row of rows) {
    if (evaluation.pace.due()) await evaluation.pace.breathe();
    const offset = samplingOffset(row.labels);
    for (let i = 0; i < grid.count; i++) {
      const ratio = Math.max(-1, Math.min(1, ratios[i] as number));
      if (ratio === 0 || !(ratio > 0 ? offset < ratio : offset >= 1 + ratio)) row.present[i] = 0;
    }
    if (!isEmptyRow(row)) results.push(row);
  }
  return { rows: results };
}
