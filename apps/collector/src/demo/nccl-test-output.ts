import { busBandwidthFactor, expectedCollectiveSeconds } from '@binnacle/shared/models/all-reduce.ts';
import { bell, seedOf } from './noise.ts';
import { gpuModel, gpusPerNode, nodes, trainingJob } from './scenario.ts';
import { reference } from './training-state.ts';

const busIds = ['1b', '3c', '4b', '5c', '9a', 'bb', 'cd', 'dc'];
const firstBytes = 8 * 2 ** 20;
const lastBytes = 8 * 2 ** 30;
const elementBytes = 4;
const seed = seedOf('nccl-tests');

/**
 * What `all_reduce_perf -b 8M -e 8G -f 2` prints on 64 healthy GPUs: the times of the alpha-beta model with the scatter
 * of a real run. Layout: nccl-tests 2.18 `src/util.cu`.
 */
export function ncclTestOutput(): string {
  const ranks = trainingJob.ranks;
  const lines = [
    '# nccl-tests version 2.18.3 nccl-headers=22809 nccl-library=22809',
    '# Collective test starting: all_reduce_perf',
    `# nThread 1 nGpus 1 minBytes ${firstBytes} maxBytes ${lastBytes} step: 2(factor) warmup iters: 5 iters: 20 agg iters: 1 validation: 1 graph: 0 unalign: 0`,
    '#',
    '# Using devices',
  ];
  for (let rank = 0; rank < ranks; rank++) {
    const device = rank % gpusPerNode;
    const host = nodes[Math.floor(rank / gpusPerNode)];
    lines.push(
      `#  Rank ${pad(rank, 2)} Group  0 Pid ${pad(48_100 + rank, 6)} on ${host} device ${pad(device, 2)} [0000:${busIds[device]}:00] ${gpuModel}`,
    );
  }
  lines.push(
    'NCCL version 2.28.9+cuda13.0',
    '#',
    '#                                                              out-of-place                       in-place          ',
    '#       size         count      type   redop    root     time   algbw   busbw  #wrong     time   algbw   busbw  #wrong ',
    '#        (B)    (elements)                               (us)  (GB/s)  (GB/s)             (us)  (GB/s)  (GB/s)         ',
  );
  let sum = 0;
  let count = 0;
  for (let bytes = firstBytes; bytes <= lastBytes; bytes *= 2) {
    const columns = [0, 1].map((placement) => {
      const modelled = expectedCollectiveSeconds({ collective: 'all_reduce', ranks, bytes, ...reference }) as number;
      const microseconds = modelled * 1e6 * (1 + 0.012 * bell(seed, count * 2 + placement));
      const algorithm = bytes / microseconds / 1e3;
      const bus = algorithm * (busBandwidthFactor('all_reduce', ranks) as number);
      sum += bus;
      return `${pad(microseconds.toFixed(microseconds >= 10_000 ? 0 : 1), 8)}${pad(algorithm.toFixed(2), 8)}${pad(bus.toFixed(2), 8)}${pad(0, 8)}`;
    });
    count++;
    lines.push(`${pad(bytes, 12)}${pad(bytes / elementBytes, 14)}     float     sum      -1${columns.join(' ')}`);
  }
  lines.push(
    '# Out of bounds values : 0 OK',
    `# Avg bus bandwidth    : ${(sum / (2 * count)).toFixed(3)} `,
    '#',
    '# Collective test concluded: all_reduce_perf',
    '',
  );
  return lines.join('\n');
}

const pad = (value: number | string, width: number): string => String(value).padStart(width);
