import { dcgmExporter } from './dcgm-exporter.ts';
import { kaiScheduler } from './kai-scheduler.ts';
import type { Preset } from './preset-shape.ts';
import { vllm } from './vllm.ts';

/** The key is what stands under `preset:` in the config file. */
export const presets = {
  'dcgm-exporter': dcgmExporter,
  'kai-scheduler': kaiScheduler,
  vllm,
  // node_exporter's names are what pages use: nothing to change.
  'node-exporter': {},
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;
export const presetNames = Object.keys(presets) as [PresetName, ...PresetName[]];
