import type { RuleCases } from './rule-case.ts';

export const gpuCases: RuleCases = {
  'gpu-hot': {
    fires: ['DCGM_FI_DEV_GPU_TEMP{gpu="3",Hostname="n4"} 91x40'],
    says: 'n4 GPU 3 is at 91 °C',
    quiet: ['DCGM_FI_DEV_GPU_TEMP{gpu="3"} 70x40'],
    at: 60,
  },
  'gpu-throttled': {
    fires: ['DCGM_FI_DEV_THERMAL_VIOLATION{gpu="3",hostname="n4"} 0+1000x40'],
    says: 'n4 GPU 3 lowers its clock because of heat',
    quiet: [
      'DCGM_FI_DEV_THERMAL_VIOLATION{gpu="3"} 5000x40',
      'DCGM_EXP_CLOCK_EVENTS_COUNT{gpu="1",clock_event="gpu_idle"} 4x40',
    ],
    at: 75,
  },
  'gpu-telemetry-broken': {
    fires: [
      'DCGM_FI_DEV_GPU_UTIL{gpu="3",hostname="n4"} 99x40',
      'DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="3",hostname="n4"} 0x40',
    ],
    says: 'n4 GPU 3 says that it is busy and that its engines are idle',
    quiet: [
      'DCGM_FI_DEV_GPU_UTIL{gpu="0"} 99x40',
      'DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="0"} 0.8x40',
      'DCGM_FI_DEV_GPU_UTIL{gpu="1"} 99x40',
    ],
    at: 300,
  },
  'gpu-xid': {
    fires: ['DCGM_FI_DEV_XID_ERRORS{gpu="1",hostname="n6"} 0x20 62x20'],
    at: 315,
    says: `XID 62 on n6 GPU 1`,
    quiet: [
      'DCGM_FI_DEV_XID_ERRORS{gpu="0"} 0x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="1"} 13x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="2"} 31x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="3"} 43x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="4"} 45x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="5"} 48x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="6"} 79x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="7"} 119x40',
    ],
  },
  'gpu-off-bus': {
    fires: ['DCGM_FI_DEV_XID_ERRORS{gpu="1",hostname="n6"} 0x20 79x20'],
    at: 315,
    says: `n6 GPU 1 fell off the bus (XID 79)`,
    quiet: [
      'DCGM_FI_DEV_XID_ERRORS{gpu="0"} 0x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="1"} 13x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="2"} 31x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="3"} 43x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="4"} 45x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="5"} 63x40',
    ],
  },
  'gpu-xid-memory': {
    fires: ['DCGM_FI_DEV_XID_ERRORS{gpu="1",hostname="n6"} 0x20 95x20'],
    at: 315,
    says: `Memory error XID 95 on n6 GPU 1`,
    quiet: [
      'DCGM_FI_DEV_XID_ERRORS{gpu="0"} 0x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="1"} 13x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="2"} 31x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="3"} 43x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="4"} 45x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="5"} 63x40',
    ],
  },
  'gpu-xid-nvlink': {
    fires: ['DCGM_FI_DEV_XID_ERRORS{gpu="1",hostname="n6"} 0x20 74x20'],
    at: 315,
    says: `NVLink error XID 74 on n6 GPU 1`,
    quiet: [
      'DCGM_FI_DEV_XID_ERRORS{gpu="0"} 0x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="1"} 13x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="2"} 31x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="3"} 43x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="4"} 45x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="5"} 63x40',
    ],
  },
  'gpu-xid-firmware': {
    fires: ['DCGM_FI_DEV_XID_ERRORS{gpu="1",hostname="n6"} 0x20 119x20'],
    at: 315,
    says: `GSP error XID 119 on n6 GPU 1`,
    quiet: [
      'DCGM_FI_DEV_XID_ERRORS{gpu="0"} 0x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="1"} 13x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="2"} 31x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="3"} 43x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="4"} 45x40',
      'DCGM_FI_DEV_XID_ERRORS{gpu="5"} 63x40',
    ],
  },
  'gpu-missing': {
    fires: [
      'DCGM_FI_DEV_GPU_TEMP{gpu="0",hostname="n6"} 60x60',
      'DCGM_FI_DEV_GPU_TEMP{gpu="1",hostname="n6"} 60x20 stale',
    ],
    at: 450,
    says: `n6 shows 1 GPUs fewer than within the last hour`,
    quiet: [
      'DCGM_FI_DEV_GPU_TEMP{gpu="0",hostname="n6"} 60x60',
      'DCGM_FI_DEV_GPU_TEMP{gpu="0",hostname="n7"} 60x20 stale',
    ],
  },
  'gpu-row-remap-failed': {
    fires: ['DCGM_FI_DEV_ROW_REMAP_FAILURE{gpu="1",hostname="n6"} 0x20 1x20'],
    at: 315,
    says: `n6 GPU 1 has run out of spare memory rows`,
    quiet: ['DCGM_FI_DEV_ROW_REMAP_FAILURE{gpu="1",hostname="n6"} 0x40'],
  },
  'gpu-row-remap-pending': {
    fires: ['DCGM_FI_DEV_RETIRED_PENDING{gpu="1",hostname="n6"} 0x20 1x20'],
    at: 315,
    says: `n6 GPU 1 needs a reset before its faulty memory is out of use`,
    quiet: [
      'DCGM_FI_DEV_ROW_REMAP_PENDING{gpu="1",hostname="n6"} 0x40',
      'DCGM_FI_DEV_RETIRED_PENDING{gpu="1",hostname="n6"} 0x40',
    ],
  },
  'gpu-rows-remapped': {
    fires: ['DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS{gpu="1",hostname="n6"} 3x20 5x20'],
    at: 330,
    says: `n6 GPU 1 remapped 2 memory rows after uncorrectable errors within an hour`,
    quiet: [
      'DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS{gpu="1",hostname="n6"} 7x40',
      'DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS{gpu="1",hostname="n6"} 0x20 1x20',
    ],
  },
  'gpu-ecc-uncorrected': {
    fires: ['DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{gpu="1",hostname="n6"} 0x20 1x20'],
    at: 330,
    says: `n6 GPU 1 counted 1 uncorrected ECC errors within an hour`,
    quiet: [
      'DCGM_FI_DEV_ECC_DBE_VOL_TOTAL{gpu="1",hostname="n6"} 4x40',
      'DCGM_FI_DEV_ECC_SBE_VOL_TOTAL{gpu="1",hostname="n6"} 0+1x40',
    ],
  },
  'gpu-power-brake': {
    fires: ['DCGM_EXP_CLOCK_EVENTS_COUNT{gpu="1",hostname="n6",clock_event="hw_power_brake"} 0x20 3x20'],
    at: 375,
    says: `n6 GPU 1 is braked by the power supply of its node`,
    quiet: [
      'DCGM_EXP_CLOCK_EVENTS_COUNT{gpu="1",hostname="n6",clock_event="power_cap"} 9x40',
      'DCGM_EXP_CLOCK_EVENTS_COUNT{gpu="1",hostname="n6",clock_event="hw_power_brake"} 0x40',
    ],
  },
  'gpu-memory-hot': {
    fires: ['DCGM_FI_DEV_MEMORY_TEMP{gpu="1",hostname="n6"} 80x10 99x40'],
    at: 465,
    says: `Memory of n6 GPU 1 is at 99 °C, over 95 °C`,
    quiet: ['DCGM_FI_DEV_MEMORY_TEMP{gpu="1",hostname="n6"} 95x60'],
  },
  'gpu-pcie-replay': {
    fires: ['DCGM_FI_DEV_PCIE_REPLAY_COUNTER{gpu="1",hostname="n6"} 0x20 5+5x40'],
    at: 555,
    says: 'n6 GPU 1 repeats 17 PCIe packets a minute; up to 8 is normal',
    quiet: ['DCGM_FI_DEV_PCIE_REPLAY_COUNTER{gpu="1",hostname="n6"} 0+1x60'],
  },
  'gpu-nvlink-errors': {
    fires: ['DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL{gpu="1",hostname="n6"} 4x20 6x40'],
    at: 315,
    says: `n6 GPU 1 counted 2 NVLink replays or recoveries within ten minutes; none is normal`,
    quiet: [
      'DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL{gpu="1",hostname="n6"} 9x60',
      'DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL{gpu="1",hostname="n6"} 1x60',
    ],
  },
  'gpu-nvlink-crc': {
    fires: ['DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL{gpu="1",hostname="n6"} 0+3000x60'],
    at: 225,
    says: 'n6 GPU 1 counts 150 NVLink CRC errors a second; up to 100 is normal',
    quiet: ['DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL{gpu="1",hostname="n6"} 0+1000x60'],
  },
  'gpu-idle-allocated': {
    fires: ['DCGM_FI_DEV_GPU_UTIL{gpu="1",hostname="n6",exported_pod="notebook-0",pod="dcgm-exporter-x"} 40x4 0x240'],
    at: 2460,
    says: `n6 GPU 1 is allocated to a pod and has done nothing for half an hour`,
    quiet: [
      'DCGM_FI_DEV_GPU_UTIL{gpu="1",hostname="n6",pod="dcgm-exporter-x"} 0x240',
      'DCGM_FI_DEV_GPU_UTIL{gpu="2"} 0x240',
      'DCGM_FI_DEV_GPU_UTIL{gpu="3",pod="train-0"} 0x30 60 0x30 60 0x30 60 0x30 60 0x30 60 0x30',
    ],
  },
  'gpu-spins': {
    fires: [
      'DCGM_FI_DEV_GPU_UTIL{gpu="1",hostname="n6"} 100x60',
      'DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="1",hostname="n6"} 0.99x60',
      'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{gpu="1",hostname="n6"} 0x60',
      'DCGM_FI_PROF_DRAM_ACTIVE{gpu="1",hostname="n6"} 0.001x60',
    ],
    at: 600,
    says: `n6 GPU 1 says 100 % busy, while its tensor cores and memory have rested for ten minutes`,
    quiet: [
      'DCGM_FI_DEV_GPU_UTIL{gpu="1",hostname="n6"} 100x60',
      'DCGM_FI_PROF_GR_ENGINE_ACTIVE{gpu="1",hostname="n6"} 0.99x60',
      'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE{gpu="1",hostname="n6"} 0.4x60',
      'DCGM_FI_PROF_DRAM_ACTIVE{gpu="1",hostname="n6"} 0.5x60',
    ],
  },
};
