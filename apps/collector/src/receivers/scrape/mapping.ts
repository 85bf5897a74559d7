import type { SeriesMapping } from '../../wire/exposition/cache.ts';
import { labelAt } from './presets/label-edits.ts';
import { presets } from './presets/preset.ts';
import type { Preset } from './presets/preset-shape.ts';
import type { TargetSpec } from './target-spec.ts';

/** Families that the receiver adds for each target. */
const ownNames = new Set(['up', 'scrape_duration_seconds', 'scrape_samples_scraped']);

/** How series of a target become ours: the preset's edits, then what the job drops, then the target's labels. */
export function mappingOf({ job, labels }: TargetSpec): SeriesMapping {
  const preset: Preset = job.preset === undefined ? {} : presets[job.preset];
  const drop = job.metricDrop.map((pattern) => new RegExp(`^(?:${pattern})$`));
  return {
    ...preset,
    extraLabels: labels,
    honorLabels: job.honorLabels,
    relabel(pairs) {
      if (preset.relabel?.(pairs) === false) return false;
      const name = pairs[1] as string;
      // An `up` that says of nobody whose it is would be taken for ours.
      if (ownNames.has(name) && labelAt(pairs, 'job') < 0 && labelAt(pairs, 'instance') < 0) return false;
      return !drop.some((pattern) => pattern.test(name));
    },
  };
}
