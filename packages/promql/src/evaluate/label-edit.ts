import { type LabelPairs, LabelSet } from '@binnacle/shared/telemetry/labels.ts';

/** Labels that say what a metric is rather than which series: operations that make a new quantity drop them. */
const metadataLabels: ReadonlySet<string> = new Set(['__name__', '__type__', '__unit__']);

function filterPairs(labels: LabelSet, keep: (name: string) => boolean): LabelPairs {
  const pairs: string[] = [];
  for (let i = 0; i < labels.pairs.length; i += 2) {
    const name = labels.pairs[i] as string;
    if (keep(name)) pairs.push(name, labels.pairs[i + 1] as string);
  }
  return pairs.length === labels.pairs.length ? labels.pairs : pairs;
}

const rebuilt = (labels: LabelSet, pairs: LabelPairs): LabelSet =>
  pairs === labels.pairs ? labels : new LabelSet(pairs);

/** Labels without name, type and unit of the metric. */
export const withoutMetadata = (labels: LabelSet): LabelSet =>
  rebuilt(
    labels,
    filterPairs(labels, (name) => !metadataLabels.has(name)),
  );

export const keepLabels = (labels: LabelSet, names: ReadonlySet<string>): LabelSet =>
  rebuilt(
    labels,
    filterPairs(labels, (name) => names.has(name)),
  );

export const dropLabels = (labels: LabelSet, names: ReadonlySet<string>): LabelSet =>
  rebuilt(
    labels,
    filterPairs(labels, (name) => !names.has(name)),
  );

/** Labels with one set; an empty value takes it away. */
export function withLabel(labels: LabelSet, name: string, value: string): LabelSet {
  if ((labels.get(name) ?? '') === value) return labels;
  const pairs: string[] = [];
  let placed = value === '';
  for (let i = 0; i < labels.pairs.length; i += 2) {
    const current = labels.pairs[i] as string;
    if (!placed && name <= current) {
      pairs.push(name, value);
      placed = true;
    }
    if (current !== name) pairs.push(current, labels.pairs[i + 1] as string);
  }
  if (!placed) pairs.push(name, value);
  return new LabelSet(pairs);
}

/** One string per group of series that agree on the chosen labels: those named, or all but those named. */
export function signatureOf(labels: LabelSet, names: ReadonlySet<string>, chosen: 'named' | 'others'): string {
  const { pairs } = labels;
  let signature = '';
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i] as string;
    if (names.has(name) === (chosen === 'named')) signature += `${name}\u00ff${pairs[i + 1]}\u00ff`;
  }
  return signature;
}

/** Whether a text can be a label name: any UTF-8 but the empty one. The decoder puts U+FFFD where bytes were not UTF-8. */
export const isLabelName = (name: string): boolean => name !== '' && !name.includes('\ufffd');

/** `{a="b", c="d"}`, as error messages name series. */
export function formatLabels(labels: LabelSet): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.pairs.length; i += 2)
    parts.push(`${labels.pairs[i]}=${JSON.stringify(labels.pairs[i + 1])}`);
  return `{${parts.join(', ')}}`;
}
