import { ExpositionWriter, renderLabels } from './exposition-writer.ts';
import type { GpuSimulator, GpuState } from './gpu-state.ts';
import { draw, seedOf } from './noise.ts';
import { gpuModel, gpusPerNode, nodes, trainingJob } from './scenario.ts';

type Reading = GpuState & { readonly energyMillijoules: number };

/** What dcgm-exporter exposes by default and with the profiling counters, in its order and with its help texts. */
const families: readonly (readonly [string, 'counter' | 'gauge', string, (gpu: Reading) => number | string])[] = [
  ['DCGM_FI_DEV_SM_CLOCK', 'gauge', 'SM clock frequency (in MHz).', (gpu) => gpu.smClockMhz],
  ['DCGM_FI_DEV_MEM_CLOCK', 'gauge', 'Memory clock frequency (in MHz).', (gpu) => gpu.memoryClockMhz],
  ['DCGM_FI_DEV_MEMORY_TEMP', 'gauge', 'Memory temperature (in C).', (gpu) => gpu.memoryTemperatureCelsius],
  ['DCGM_FI_DEV_GPU_TEMP', 'gauge', 'GPU temperature (in C).', (gpu) => gpu.temperatureCelsius],
  ['DCGM_FI_DEV_POWER_USAGE', 'gauge', 'Power draw (in W).', (gpu) => gpu.powerWatts.toFixed(6)],
  [
    'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION',
    'counter',
    'Total energy consumption since boot (in mJ).',
    (gpu) => gpu.energyMillijoules,
  ],
  ['DCGM_FI_DEV_PCIE_REPLAY_COUNTER', 'counter', 'Total number of PCIe retries.', () => 0],
  ['DCGM_FI_DEV_GPU_UTIL', 'gauge', 'GPU utilization (in %).', (gpu) => gpu.utilizationPercent],
  ['DCGM_FI_DEV_MEM_COPY_UTIL', 'gauge', 'Memory utilization (in %).', (gpu) => gpu.memoryCopyPercent],
  ['DCGM_FI_DEV_ENC_UTIL', 'gauge', 'Encoder utilization (in %).', () => 0],
  ['DCGM_FI_DEV_DEC_UTIL', 'gauge', 'Decoder utilization (in %).', () => 0],
  ['DCGM_FI_DEV_XID_ERRORS', 'gauge', 'Value of the last XID error encountered.', (gpu) => gpu.xid],
  ['DCGM_FI_DEV_FB_FREE', 'gauge', 'Framebuffer memory free (in MiB).', (gpu) => gpu.framebufferFreeMib],
  ['DCGM_FI_DEV_FB_USED', 'gauge', 'Framebuffer memory used (in MiB).', (gpu) => gpu.framebufferUsedMib],
  ['DCGM_FI_DEV_FB_RESERVED', 'gauge', 'Framebuffer memory reserved (in MiB).', (gpu) => gpu.framebufferReservedMib],
  ['DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS', 'counter', 'Number of remapped rows for uncorrectable errors', () => 0],
  [
    'DCGM_FI_DEV_CORRECTABLE_REMAPPED_ROWS',
    'counter',
    'Number of remapped rows for correctable errors',
    (gpu) => gpu.correctableRemappedRows,
  ],
  ['DCGM_FI_DEV_ROW_REMAP_FAILURE', 'gauge', 'Whether remapping of rows has failed', () => 0],
  [
    'DCGM_FI_DEV_NVLINK_BANDWIDTH_TOTAL',
    'counter',
    'Total number of NVLink bandwidth counters for all lanes',
    (gpu) => gpu.nvlinkMegabytesPerSecond,
  ],
  ['DCGM_FI_DEV_VGPU_LICENSE_STATUS', 'gauge', 'vGPU License status', () => 0],
  [
    'DCGM_FI_PROF_GR_ENGINE_ACTIVE',
    'gauge',
    'Ratio of time the graphics engine is active.',
    (gpu) => gpu.engineActiveRatio.toFixed(6),
  ],
  [
    'DCGM_FI_PROF_PIPE_TENSOR_ACTIVE',
    'gauge',
    'Ratio of cycles the tensor (HMMA) pipe is active.',
    (gpu) => gpu.tensorActiveRatio.toFixed(6),
  ],
  [
    'DCGM_FI_PROF_DRAM_ACTIVE',
    'gauge',
    'Ratio of cycles the device memory interface is active sending or receiving data.',
    (gpu) => gpu.dramActiveRatio.toFixed(6),
  ],
  [
    'DCGM_FI_PROF_PCIE_TX_BYTES',
    'gauge',
    'The rate of data transmitted over the PCIe bus - including both protocol headers and data payloads - in bytes per second.',
    (gpu) => gpu.pcieTransmittedBytesPerSecond,
  ],
  [
    'DCGM_FI_PROF_PCIE_RX_BYTES',
    'gauge',
    'The rate of data received over the PCIe bus - including both protocol headers and data payloads - in bytes per second.',
    (gpu) => gpu.pcieReceivedBytesPerSecond,
  ],
];

const busIds = ['1B', '3C', '4B', '5C', '9A', 'BB', 'CD', 'DC'];
const xidTexts: Readonly<Record<number, string>> = { 63: 'GPU memory row remapping recording event' };

/** UUID as NVML prints it, the same for a GPU in every start. */
export function gpuUuid(index: number): string {
  const word = (n: number) =>
    draw(seedOf(`uuid ${index}`), n)
      .toString(16)
      .padStart(8, '0');
  const [a, b, c, d] = [word(0), word(1), word(2), word(3)];
  return `GPU-${a}-${b.slice(0, 4)}-${b.slice(4)}-${c.slice(0, 4)}-${c.slice(4)}${d}`;
}

const labelsOf = nodes.map((node, nodeIndex) =>
  Array.from({ length: gpusPerNode }, (_, gpu) =>
    renderLabels({
      gpu: String(gpu),
      UUID: gpuUuid(nodeIndex * gpusPerNode + gpu),
      pci_bus_id: `00000000:${busIds[gpu]}:00.0`,
      device: `nvidia${gpu}`,
      modelName: gpuModel,
      Hostname: node,
      DCGM_FI_DRIVER_VERSION: '580.82.07',
      container: 'pytorch',
      namespace: trainingJob.namespace,
      pod: `${trainingJob.name}-worker-${nodeIndex}`,
    }),
  ),
);

/** `/metrics` of the dcgm-exporter on one node. */
export function renderDcgm(simulator: GpuSimulator, nodeIndex: number, atMs: number): string {
  const energy = simulator.energyMillijoules(atMs);
  const readings = (labelsOf[nodeIndex] ?? []).map((labels, gpu) => {
    const index = nodeIndex * gpusPerNode + gpu;
    return { labels, gpu: { ...simulator.state(index, atMs), energyMillijoules: energy[index] as number } };
  });
  const writer = new ExpositionWriter();
  for (const [name, type, help, value] of families) {
    writer.family(name, type, help);
    for (const { labels, gpu } of readings) {
      // The exporter names the error only on the sample of one that has happened.
      const error =
        name === 'DCGM_FI_DEV_XID_ERRORS' && gpu.xid !== 0
          ? `,${renderLabels({ err_code: String(gpu.xid), err_msg: xidTexts[gpu.xid] ?? 'Unknown Error' })}`
          : '';
      writer.sample(name, labels + error, value(gpu));
    }
  }
  return writer.toString();
}
