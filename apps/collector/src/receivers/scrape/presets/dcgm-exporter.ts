import { renameLabel } from './label-edits.ts';
import type { Preset } from './preset-shape.ts';

/**
 * Names that DCGM 4.6 gave to fields, and the names that dcgm-exporter's counters have had all along. Only fields whose
 * number and unit stayed the same are here (dcgm_fields.h keeps the old names for them).
 */
const oldNames = new Map([
  ['DCGM_FI_DEV_GPU_UTIL_RATIO', 'DCGM_FI_DEV_GPU_UTIL'],
  ['DCGM_FI_DEV_XID_ERROR', 'DCGM_FI_DEV_XID_ERRORS'],
  ['DCGM_FI_DEV_GPU_TEMP_CELSIUS', 'DCGM_FI_DEV_GPU_TEMP'],
  ['DCGM_FI_DEV_MEMORY_TEMP_CELSIUS', 'DCGM_FI_DEV_MEMORY_TEMP'],
  ['DCGM_FI_DEV_BOARD_POWER_WATTS', 'DCGM_FI_DEV_POWER_USAGE'],
  ['DCGM_FI_DEV_PCIE_REPLAY_TOTAL', 'DCGM_FI_DEV_PCIE_REPLAY_COUNTER'],
  ['DCGM_FI_DEV_NVLINK_THROUGHPUT_TOTAL', 'DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL'],
  ['DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_TOTAL', 'DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL'],
  ['DCGM_FI_PROF_GR_ENGINE_UTIL_RATIO', 'DCGM_FI_PROF_GR_ENGINE_ACTIVE'],
  ['DCGM_FI_PROF_SM_UTIL_RATIO', 'DCGM_FI_PROF_SM_ACTIVE'],
  ['DCGM_FI_PROF_SM_OCCUPANCY_RATIO', 'DCGM_FI_PROF_SM_OCCUPANCY'],
  ['DCGM_FI_PROF_TENSOR_UTIL_RATIO', 'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE'],
  ['DCGM_FI_PROF_DRAM_UTIL_RATIO', 'DCGM_FI_PROF_DRAM_ACTIVE'],
]);

/** dcgm-exporter of any version under one set of names and labels. */
export const dcgmExporter: Preset = {
  relabel(pairs) {
    pairs[1] = oldNames.get(pairs[1] as string) ?? (pairs[1] as string);
    // `Hostname` until 4.8.2, `hostname` since.
    renameLabel(pairs, 'Hostname', 'hostname');
    return true;
  },
  renameFamily: (family) => oldNames.get(family) ?? family,
  // In DCGM 4.6 another name of field 203, whole percent; from 4.7 on field 1613, a double from 0 to 1.
  percentOrRatio: new Set(['DCGM_FI_DEV_GPU_UTIL_RATIO']),
  // DCGM's "blank" 64-bit values, 2^63 - 1 - 15 and around: old exporters print them.
  noValueFrom: 2 ** 63 - 32,
};
