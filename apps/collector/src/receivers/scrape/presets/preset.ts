import type { SeriesMapping } from '../../../wire/exposition/cache.ts';
import { dcgmExporter } from './dcgm-exporter.ts';
import { kaiScheduler } from './kai-scheduler.ts';
import { vllm } from './vllm.ts';

/** What a preset does to the series of a source, so that pages meet one name for one thing, whatever the version. */
export type Preset = Pick<SeriesMapping, 'relabel' | 'renameFamily' | 'noValueFrom' | 'percentOrRatio'>;

export const presets = {
  'dcgm-exporter': dcgmExporter,
  'kai-scheduler': kaiScheduler,
  vllm,
  // node_exporter's names are what pages use: nothing to change.
  'node-exporter': {},
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as [PresetName, ...PresetName[]];
