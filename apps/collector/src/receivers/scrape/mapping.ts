import type { SeriesMapping } from '../../wire/exposition/cache.ts';
import { labelAt } from './presets/label-edits.ts';
import { ownFamilies } from './report.ts';
import type { TargetSpec } from './target-spec.ts';

/** How series of a target become ours: the preset's edits, what the job drops, the target's labels, metric relabelling. */
export function mappingOf({ pool, labels }: TargetSpec): SeriesMapping {
  const { preset, metricDrop, labelLimit, labelNameLengthLimit, labelValueLengthLimit } = pool;
  const limited = labelLimit + labelNameLengthLimit + labelValueLengthLimit > 0;
  return {
    ...preset,
    extraLabels: labels,
    honorLabels: pool.honorLabels,
    relabelMerged: pool.metricRelabel,
    defaultLabels: pool.defaultLabels,
    limits: limited
      ? { labels: labelLimit, nameLength: labelNameLengthLimit, valueLength: labelValueLengthLimit }
      : undefined,
    relabel(pairs) {
      if (preset.relabel?.(pairs) === false) return false;
      const name = pairs[1] as string;
      // An `up` that says of nobody whose it is would be taken for ours.
      if (ownFamilies.has(name) && labelAt(pairs, 'job') < 0 && labelAt(pairs, 'instance') < 0) return false;
      return !metricDrop.some((pattern) => pattern.test(name));
    },
  };
}
