import { quote } from '#data/cluster.ts';
import type { Card } from './editor/card.ts';

type Labels = Readonly<Record<string, string>>;

const collator = new Intl.Collator('en', { numeric: true });

/** Metrics in whose name or help every word occurs; those with all words in the name come first. */
export function matchingMetrics(cards: readonly Card[], words: string): Card[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const inName = (card: Card) => wanted.every((word) => card.head.toLowerCase().includes(word));
  return cards
    .filter((card) => wanted.every((word) => `${card.head} ${card.text}`.toLowerCase().includes(word)))
    .sort((a, b) => Number(inName(b)) - Number(inName(a)) || collator.compare(a.head, b.head));
}

/** Labels of a metric with the values that are left by what is chosen of the other labels. */
export function labelsOf(
  series: readonly Labels[],
  chosen: Labels,
): { labels: { name: string; values: string[] }[]; matching: number } {
  const fits = (labels: Labels, except?: string) =>
    Object.entries(chosen).every(([name, value]) => name === except || labels[name] === value);
  const names = [...new Set(series.flatMap((labels) => Object.keys(labels)))].filter((name) => name !== '__name__');
  return {
    labels: names.sort(collator.compare).map((name) => ({
      name,
      values: [...new Set(series.filter((labels) => fits(labels, name)).flatMap((labels) => labels[name] ?? []))].sort(
        collator.compare,
      ),
    })),
    matching: series.filter((labels) => fits(labels)).length,
  };
}

/** The selector of what is chosen; a choice of a label that the metric does not have is none. */
export function chosenSelector(metric: string, labels: readonly { readonly name: string }[], chosen: Labels): string {
  const matchers = labels.flatMap(({ name }) => {
    const value = chosen[name];
    return value === undefined ? [] : [`${labelName(name)}=${quote(value)}`];
  });
  if (/^[a-zA-Z_:][\w:]*$/.test(metric)) return matchers.length === 0 ? metric : `${metric}{${matchers.join(', ')}}`;
  return `{${[quote(metric), ...matchers].join(', ')}}`;
}

const labelName = (name: string) => (/^[a-zA-Z_]\w*$/.test(name) ? name : quote(name));
