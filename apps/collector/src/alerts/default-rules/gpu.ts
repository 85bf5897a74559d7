import { type DefaultRule, rule } from './default-rule.ts';

const gpu = '{{ $labels.hostname }}{{ $labels.Hostname }} GPU {{ $labels.gpu }}';
const perNode = 'cluster, hostname, Hostname';
const xid = 'DCGM_FI_DEV_XID_ERRORS';
const anyOf = (codes: readonly number[]) => codes.map((code) => `${xid} == ${code}`).join(' or ');

/** Codes with a rule of their own. What each means: NVIDIA's "XID Errors" (docs.nvidia.com/deploy/xid-errors). */
const memoryCodes = [48, 64, 94, 95];
const nvlinkCodes = [74];
const lostCodes = [79];
const firmwareCodes = [119, 120];
/** What a failing program leaves behind. */
const programCodes = [13, 31, 43, 45];
const elsewhere = [...programCodes, ...memoryCodes, ...nvlinkCodes, ...lostCodes, ...firmwareCodes];

export const gpuRules: readonly DefaultRule[] = [
  rule({
    key: 'gpu-xid',
    name: 'GPU XID error',
    layer: 'gpu',
    severity: 'critical',
    // The gauge keeps the last code until the driver is reset.
    expr: `${xid} > 0 ${elsewhere.map((code) => `!= ${code}`).join(' ')}`,
    forSeconds: 0,
    summary: `XID {{ $value }} on ${gpu}`,
    description:
      'The driver reported an error of the GPU itself, other than those with a rule of their own (memory, NVLink, firmware, off the bus).',
    page: '/gpus',
    runbook:
      "Drain the node, read the code in NVIDIA's XID catalogue, reset the GPU; a second time, power-cycle and open a case.",
  }),
  rule({
    key: 'gpu-off-bus',
    name: 'GPU fell off the bus',
    layer: 'gpu',
    severity: 'critical',
    expr: anyOf(lostCodes),
    forSeconds: 0,
    summary: `${gpu} fell off the bus (XID {{ $value }})`,
    description: 'The driver cannot reach the GPU over PCIe any more. Every job on the node is dead or about to be.',
    page: '/gpus',
    runbook: 'Drain the node and power-cycle it: a reset does not bring the GPU back. A second time, open a case.',
  }),
  rule({
    key: 'gpu-xid-memory',
    name: 'GPU memory error',
    layer: 'gpu',
    severity: 'critical',
    expr: anyOf(memoryCodes),
    forSeconds: 0,
    summary: `Memory error XID {{ $value }} on ${gpu}`,
    description:
      '48 is a double-bit error, 64 a row that could not be remapped, 94 an error contained to one process, 95 one that was not contained.',
    page: '/gpus',
    runbook:
      'Drain the node and reset the GPU; after 64, or when remapping failed, replace it. After 94 the other processes may go on.',
  }),
  rule({
    key: 'gpu-xid-nvlink',
    name: 'GPU NVLink error',
    layer: 'gpu',
    severity: 'critical',
    expr: anyOf(nvlinkCodes),
    forSeconds: 0,
    summary: `NVLink error XID {{ $value }} on ${gpu}`,
    description: 'A link between GPUs or to an NVSwitch failed. Collectives within the node fail or crawl.',
    page: '/gpus',
    runbook:
      'Drain, look at nvidia-smi nvlink -s and -e on every GPU of the node, reset all GPUs and NVSwitches together.',
  }),
  rule({
    key: 'gpu-xid-firmware',
    name: 'GPU firmware stuck',
    layer: 'gpu',
    severity: 'critical',
    expr: anyOf(firmwareCodes),
    forSeconds: 0,
    summary: `GSP error XID {{ $value }} on ${gpu}`,
    description: 'The GPU System Processor does not answer the driver, or failed. nvidia-smi may hang on the node.',
    page: '/gpus',
    runbook:
      'Drain and reset the GPU, power-cycle where that fails; look for a driver with the fix in its release notes.',
  }),
  rule({
    key: 'gpu-missing',
    name: 'GPU missing',
    layer: 'gpu',
    severity: 'critical',
    expr: `max_over_time((count by (${perNode}) (DCGM_FI_DEV_GPU_TEMP{GPU_I_ID=""}))[1h:1m]) - count by (${perNode}) (DCGM_FI_DEV_GPU_TEMP{GPU_I_ID=""}) > 0`,
    forSeconds: 120,
    intervalSeconds: 30,
    summary: '{{ $labels.hostname }}{{ $labels.Hostname }} shows {{ $value }} GPUs fewer than within the last hour',
    description: 'The exporter still answers, without a GPU that it had.',
    page: '/gpus',
    runbook: 'Read dmesg for XID 79, compare lspci with nvidia-smi -L, drain the node.',
  }),
  rule({
    key: 'gpu-row-remap-failed',
    name: 'GPU row remapping failed',
    layer: 'gpu',
    severity: 'critical',
    // NVIDIA "GPU Memory Error Management": a remapping failure qualifies the GPU for replacement.
    expr: 'DCGM_FI_DEV_ROW_REMAP_FAILURE > 0',
    forSeconds: 0,
    summary: `${gpu} has run out of spare memory rows`,
    description: 'A faulty row could not be replaced. The next error there ends the job.',
    page: '/gpus',
    runbook: 'Take the GPU out of service and have it replaced; the flag is what the vendor asks for.',
  }),
  rule({
    key: 'gpu-row-remap-pending',
    name: 'GPU reset due for a memory row',
    layer: 'gpu',
    severity: 'warning',
    // The same source: a remapping or a page retirement takes effect at the next reset of the GPU.
    expr: 'DCGM_FI_DEV_ROW_REMAP_PENDING > 0 or DCGM_FI_DEV_RETIRED_PENDING > 0',
    forSeconds: 0,
    summary: `${gpu} needs a reset before its faulty memory is out of use`,
    description: 'The faulty row or page is still in use until the GPU is reset.',
    page: '/gpus',
    runbook: 'Let the job finish or take a checkpoint, drain, reset the GPU.',
  }),
  rule({
    key: 'gpu-rows-remapped',
    name: 'GPU memory rows remapped',
    layer: 'gpu',
    severity: 'warning',
    expr: 'DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS - min_over_time(DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS[1h]) > 0',
    forSeconds: 0,
    intervalSeconds: 30,
    summary: `${gpu} remapped {{ $value }} memory rows after uncorrectable errors within an hour`,
    description: 'Each is a memory cell that failed. One is wear; several in a day are a GPU that goes.',
    page: '/gpus',
    runbook: 'Reset the GPU when the job is done; count how often it happens, and replace the GPU when it goes on.',
  }),
  rule({
    key: 'gpu-ecc-uncorrected',
    name: 'GPU uncorrected ECC errors',
    layer: 'gpu',
    severity: 'critical',
    expr: 'DCGM_FI_DEV_ECC_DBE_VOL_TOTAL - min_over_time(DCGM_FI_DEV_ECC_DBE_VOL_TOTAL[1h]) > 0',
    forSeconds: 0,
    intervalSeconds: 30,
    summary: `${gpu} counted {{ $value }} uncorrected ECC errors within an hour`,
    description: 'Data was lost; the process that held it was ended, or computed with it.',
    page: '/gpus',
    runbook: 'Restart the job from a checkpoint before the error, reset the GPU, look at its row remapping.',
  }),
  rule({
    key: 'gpu-power-brake',
    name: 'GPU power brake',
    layer: 'gpu',
    severity: 'critical',
    expr: 'DCGM_EXP_CLOCK_EVENTS_COUNT{clock_event="hw_power_brake"} > 0',
    forSeconds: 60,
    summary: `${gpu} is braked by the power supply of its node`,
    description:
      'The node pulls the brake line when its power supplies cannot carry the load: the clock falls to a fraction.',
    page: '/gpus',
    runbook: "Read the BMC's event log: a lost supply or feed, most often. A whole rack is the PDU or a breaker.",
  }),
  rule({
    key: 'gpu-hot',
    name: 'GPU hot',
    layer: 'gpu',
    severity: 'warning',
    expr: 'DCGM_FI_DEV_GPU_TEMP > 84',
    forSeconds: 60,
    summary: `${gpu} is at {{ $value | printf "%.0f" }} °C`,
    description: 'Near its limit a GPU lowers its clock, and every rank of the job waits for it.',
    page: '/gpus',
    runbook:
      'Look at the neighbours: one GPU alone is a heat sink or paste, a whole node is a fan or an inlet, a row is the room.',
  }),
  rule({
    key: 'gpu-memory-hot',
    name: 'GPU memory hot',
    layer: 'gpu',
    severity: 'warning',
    // "Memory Max Operating Temp" of nvidia-smi -q -d TEMPERATURE is 95 °C on A100 and H100.
    expr: 'DCGM_FI_DEV_MEMORY_TEMP > 95',
    forSeconds: 300,
    summary: `Memory of ${gpu} is at {{ $value | printf "%.0f" }} °C, over 95 °C`,
    description: 'Above its limit the memory is slowed down, and errors become likelier.',
    page: '/gpus',
    runbook: 'As for a hot GPU; when the GPU itself is cool, its memory pads or heat sink are at fault.',
  }),
  rule({
    key: 'gpu-throttled',
    name: 'GPU throttled by heat',
    layer: 'gpu',
    severity: 'warning',
    expr: 'DCGM_EXP_CLOCK_EVENTS_COUNT{clock_event=~"hw_thermal|sw_thermal|hw_slowdown"} > 0 or rate(DCGM_FI_DEV_THERMAL_VIOLATION[5m]) > 0',
    forSeconds: 60,
    summary: `${gpu} lowers its clock because of heat`,
    description: 'The GPU runs slower than its neighbours until it cools down.',
    page: '/gpus',
    runbook:
      'As for a hot GPU: find out whether it is the card, the node or the room, and move the job off it meanwhile.',
  }),
  rule({
    key: 'gpu-pcie-replay',
    name: 'GPU PCIe replays',
    layer: 'gpu',
    severity: 'warning',
    // DCGM's own health check: DCGM_LIMIT_MAX_PCIREPLAY_RATE is 8 a minute (common/DcgmGPUHardwareLimits.h).
    expr: 'rate(DCGM_FI_DEV_PCIE_REPLAY_COUNTER[5m]) * 60 > 8',
    forSeconds: 120,
    summary: `${gpu} repeats {{ $value | printf "%.0f" }} PCIe packets a minute; up to 8 is normal`,
    description: 'The PCIe link is noisy: packets are sent again, and host copies slow down.',
    page: '/gpus',
    runbook: 'Reseat the GPU or its riser; look at lspci -vv for a link that trained narrower or slower.',
  }),
  rule({
    key: 'gpu-nvlink-errors',
    name: 'GPU NVLink replays',
    layer: 'gpu',
    severity: 'warning',
    // DCGM's own health check fails at the first NVLink replay or recovery error (common/DcgmGPUHardwareLimits.h).
    expr: 'increase(DCGM_FI_DEV_NVLINK_REPLAY_ERROR_COUNT_TOTAL[10m]) >= 1 or increase(DCGM_FI_DEV_NVLINK_RECOVERY_ERROR_COUNT_TOTAL[10m]) >= 1',
    forSeconds: 0,
    summary: `${gpu} counted {{ $value | printf "%.0f" }} NVLink replays or recoveries within ten minutes; none is normal`,
    description: 'Data between the GPUs of the node had to be sent again, or a link had to be trained again.',
    page: '/gpus',
    runbook: 'Look at nvidia-smi nvlink -e; drain, reset all GPUs of the node, then reseat the baseboard or the cable.',
  }),
  rule({
    key: 'gpu-nvlink-crc',
    name: 'GPU NVLink CRC errors',
    layer: 'gpu',
    severity: 'warning',
    // DCGM's limit for CRC errors of NVLink: 100 a second (common/DcgmGPUHardwareLimits.h).
    expr: 'rate(DCGM_FI_DEV_NVLINK_CRC_FLIT_ERROR_COUNT_TOTAL[5m]) > 100',
    forSeconds: 60,
    summary: `${gpu} counts {{ $value | printf "%.0f" }} NVLink CRC errors a second; up to 100 is normal`,
    description: 'The signal on an NVLink lane is bad. Replays hide it until they cannot.',
    page: '/gpus',
    runbook: 'As for NVLink replays: which link, which pair, then reset and reseat.',
  }),
  rule({
    key: 'gpu-idle-allocated',
    name: 'Allocated GPU idle',
    layer: 'gpu',
    severity: 'info',
    // Scraped without honor_labels, `pod` is the exporter's own and the workload's is `exported_pod`.
    expr: 'max_over_time(DCGM_FI_DEV_GPU_UTIL{exported_pod!=""}[10m]) == 0 or max_over_time(DCGM_FI_DEV_GPU_UTIL{exported_pod="",pod!="",pod!~".*dcgm-exporter.*"}[10m]) == 0',
    forSeconds: 1800,
    intervalSeconds: 60,
    summary: `${gpu} is allocated to a pod and has done nothing for half an hour`,
    description: 'A pod holds the GPU and ran nothing on it, while others may wait for one.',
    page: '/gpus',
    runbook: 'Ask its owner; a notebook that was left open, or a job that waits for data, a lock or a dead rank.',
  }),
  rule({
    key: 'gpu-spins',
    name: 'GPU busy without computing',
    layer: 'gpu',
    severity: 'info',
    expr: 'DCGM_FI_DEV_GPU_UTIL > 95 and DCGM_FI_PROF_GR_ENGINE_ACTIVE > 0.9 and DCGM_FI_PROF_PIPE_TENSOR_ACTIVE < 0.001 and DCGM_FI_PROF_DRAM_ACTIVE < 0.01',
    forSeconds: 600,
    intervalSeconds: 30,
    summary: `${gpu} says {{ $value | printf "%.0f" }} % busy, while its tensor cores and memory have rested for ten minutes`,
    description: 'What a collective that hangs looks like: its kernel spins and waits for a rank that does not come.',
    page: '/gpus',
    runbook:
      'Compare the collective counters of the ranks (NCCL RAS, flight recorder): the rank that is behind is the one to look at.',
  }),
  rule({
    key: 'gpu-telemetry-broken',
    name: 'GPU telemetry broken',
    layer: 'gpu',
    severity: 'warning',
    expr: 'DCGM_FI_DEV_GPU_UTIL > 90 and DCGM_FI_PROF_GR_ENGINE_ACTIVE == 0',
    forSeconds: 300,
    summary: `${gpu} says that it is busy and that its engines are idle`,
    description: 'The profiling counters stand still at zero although the GPU works: they are wrong, not low.',
    page: '/gpus',
    runbook:
      'Restart nv-hostengine or dcgm-exporter on the node; an exclusive profiler (Nsight, CUPTI) on the GPU has the same effect.',
  }),
];
