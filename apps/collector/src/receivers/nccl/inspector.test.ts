import { existsSync, readFileSync } from 'node:fs';
import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeReceiverContract } from '../contract/suite.ts';
import { type Recorded, recorded } from '../polling/recorded.ts';
import { nccl } from './index.ts';
import { readInspectorLine } from './inspector-record.ts';

const captures = new URL('../../../../../../shared/captures/', import.meta.url);
const nowMs = Date.parse('2026-10-01T10:00:00Z');

interface Line {
  rank?: number;
  ranks?: number;
  coll?: string;
  sequence?: number;
  bytes?: number;
  microseconds?: number;
  atMs?: number;
}

/** A line in the format v4.0. */
function line({
  rank = 0,
  ranks = 4,
  coll = 'AllReduce',
  sequence = 1,
  bytes = 2 ** 30,
  microseconds = 10_000,
  atMs = nowMs,
}: Line = {}): string {
  return `${JSON.stringify({
    header: { id: '0xabc', rank, n_ranks: ranks, nnodes: 2 },
    metadata: {
      inspector_output_format_version: 'v4.0',
      dump_timestamp_us: atMs * 1000,
      hostname: `node-${rank >> 1}`,
      pid: 40 + rank,
    },
    coll_perf: {
      coll,
      coll_sn: sequence,
      coll_msg_size_bytes: bytes,
      coll_exec_time_us: microseconds,
      coll_algobw_gbs: 100,
      coll_busbw_gbs: 150.5,
    },
  })}\n`;
}

let folder: string;
let context: Recorded;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'inspector-'));
  context = recorded(() => nowMs);
});
afterEach(() => rm(folder, { recursive: true }));

const start = (more: object = {}) => {
  const options = { path: folder, job: 'pretrain', intervalSeconds: 0.05, labels: { cluster: 'c1' }, ...more };
  const receiver = nccl.create(nccl.config.parse({ inspector: [options] }), context);
  receiver.start?.();
  return receiver;
};
const busBandwidth = (rank: number, more: object = {}) =>
  context.value('binnacle_collective_bus_bandwidth_bytes_per_second', {
    job: 'pretrain',
    comm: '0xabc',
    rank: String(rank),
    ...more,
  });

describe('nccl, inspector', () => {
  it('emits the newest collective of each rank and size class, and what was expected', async () => {
    await writeFile(
      join(folder, 'a-pid40.log'),
      line({ bytes: 1.5 * 2 ** 30 }) + line({ bytes: 1.2 * 2 ** 30, sequence: 2, microseconds: 9000 }),
    );
    const receiver = start({ alphaSeconds: 1e-4, betaBytesPerSecond: 200e9 });
    await context.readings(1);
    await receiver.stop();
    const labels = {
      collective: 'AllReduce',
      message_bytes: String(2 ** 30),
      n_ranks: '4',
      n_nodes: '2',
      cluster: 'c1',
    };
    expect(busBandwidth(0, { ...labels, instance: 'node-0' })).toBe(150.5e9);
    expect(context.value('binnacle_collective_exec_seconds', { ...labels, rank: '0' })).toBe(0.009);
    const expected = context.value('binnacle_collective_expected_bus_bandwidth_bytes_per_second', labels)!;
    const bytes = 1.5 * 1.2 * 2 ** 30;
    expect(expected).toBeCloseTo(bytes / (1e-4 + bytes / 200e9), -3);
  });

  it('counts the size of AllGather and ReduceScatter over all ranks', () => {
    expect(readInspectorLine(line({ coll: 'AllGather', bytes: 1000 }))).toMatchObject({ totalBytes: 4000 });
    expect(readInspectorLine(line({ coll: 'Broadcast', bytes: 1000 }))).toMatchObject({ totalBytes: 1000 });
  });

  it('takes lines whose fields stand on the top level, and passes over point-to-point', () => {
    const flat = {
      id: 'x',
      rank: 1,
      n_ranks: 2,
      nnodes: 1,
      hostname: 'h',
      coll: 'AllReduce',
      coll_sn: 3,
      coll_msg_size_bytes: 8,
      coll_exec_time_us: 5,
      coll_busbw_gbs: 1,
    };
    expect(readInspectorLine(JSON.stringify(flat))).toMatchObject({
      comm: 'x',
      rank: 1,
      hostname: 'h',
      sequence: 3,
      busBandwidth: 1e9,
      dumpedAt: null,
    });
    expect(readInspectorLine(JSON.stringify({ header: {}, p2p_perf: { p2p: 'Send' } }))).toBe('other');
    for (const bad of [
      '',
      '{',
      '[]',
      'null',
      '{"header":{}}',
      JSON.stringify({ ...flat, rank: 2 }),
      JSON.stringify({ ...flat, coll_exec_time_us: -1 }),
    ])
      expect(readInspectorLine(bad), bad).toBeNull();
  });

  it('joins the ranks of a collective: skew, and the rank that comes last', async () => {
    for (let rank = 0; rank < 4; rank++) {
      let text = '';
      // Rank 2 comes late: the others wait for it, so its own time is the shortest.
      for (let sequence = 1; sequence <= 6; sequence++)
        text += line({ rank, sequence, microseconds: rank === 2 ? 6000 : 10_000 + rank });
      await writeFile(join(folder, `n-pid${rank}.log`), text);
    }
    const receiver = start();
    await context.readings(1);
    await receiver.stop();
    expect(context.value('binnacle_collective_skew_seconds', { comm: '0xabc', collective: 'AllReduce' })).toBeCloseTo(
      0.004003,
      9,
    );
    expect(context.value('binnacle_collective_straggler_rank', { job: 'pretrain', comm: '0xabc', cluster: 'c1' })).toBe(
      2,
    );
  });

  it('names no straggler when none stands out, and none before enough collectives', async () => {
    for (let rank = 0; rank < 4; rank++) {
      let text = '';
      for (let sequence = 1; sequence <= 8; sequence++)
        text += line({ rank, sequence, microseconds: rank === sequence % 4 ? 5000 : 10_000 });
      await writeFile(join(folder, `n-pid${rank}.log`), text);
    }
    const receiver = start();
    await context.readings(1);
    await receiver.stop();
    expect(context.value('binnacle_collective_skew_seconds', { comm: '0xabc' })).toBeCloseTo(0.005, 9);
    expect(context.value('binnacle_collective_straggler_rank', {})).toBeUndefined();
  });

  it('waits for the end of a torn line, and follows rotation and truncation', async () => {
    const path = join(folder, 'n-pid1.log');
    const late = line({ sequence: 2, microseconds: 2000 });
    await writeFile(path, line() + late.slice(0, 40));
    const receiver = start();
    const exec = () => context.value('binnacle_collective_exec_seconds', { rank: '0' });
    await context.sink.until(() => exec() === 0.01);
    await appendFile(path, late.slice(40));
    await context.sink.until(() => exec() === 0.002);
    await rename(path, `${path}.1`);
    // The last lines before the rotation come from the file that was put aside.
    await appendFile(`${path}.1`, line({ rank: 1, sequence: 3, microseconds: 1500 }));
    await writeFile(path, line({ sequence: 3, microseconds: 3000 }));
    await context.sink.until(() => exec() === 0.003 && busBandwidth(1) !== undefined);
    await truncate(path, 0);
    await context.readings(context.sink.origins.length + 2);
    await appendFile(path, line({ sequence: 4, microseconds: 4000 }));
    await context.sink.until(() => exec() === 0.004);
    await receiver.stop();
    expect(receiver.sources()[0]?.lastError).toBeNull();
  });

  it('forgets collectives that are too old instead of showing them for ever', async () => {
    let clock = nowMs;
    context = recorded(() => clock);
    await writeFile(join(folder, 'old.log'), line({ rank: 1, atMs: nowMs - 3_600_000 }));
    await writeFile(join(folder, 'new.log'), line({ rank: 0 }));
    const receiver = start({ staleAfterSeconds: 60 });
    await context.readings(1);
    expect(busBandwidth(0)).toBe(150.5e9);
    expect(busBandwidth(1)).toBeUndefined();
    clock += 61_000;
    await context.sink.until(() => context.stale('binnacle_collective_bus_bandwidth_bytes_per_second', { rank: '0' }));
    await receiver.stop();
    expect(context.value('up', { job: 'pretrain' })).toBe(1);
  });
});

describe.skipIf(!existsSync(captures))('captured lines', () => {
  it('reads NCCL Inspector as it was published', () => {
    const lines = readFileSync(new URL('nccl-inspector-sample.jsonl', captures), 'utf8').trim().split('\n');
    expect(lines.map(readInspectorLine)).toMatchObject([
      {
        comm: '0x7f8c496ae9f661',
        rank: 2,
        ranks: 8,
        nodes: 1,
        collective: 'AllReduce',
        sequence: 1407,
        totalBytes: 2 ** 34,
        execSeconds: 0.061974,
        busBandwidth: 485.119099e9,
      },
      { collective: 'ReduceScatter', totalBytes: 2 ** 34, execSeconds: 0.041057, dumpedAt: 1752867229276 },
      { rank: 31, ranks: 32, nodes: 4, sequence: 129, totalBytes: 2 ** 21 },
    ]);
  });
});

describeReceiverContract(nccl, {
  kind: 'pull',
  minimalConfig: { inspector: [{ path: '/var/log/nccl', job: 'pretrain' }] },
  placeOfFault: /bad\.log, line 2: not a line of NCCL Inspector/,
  async open() {
    const root = await mkdtemp(join(tmpdir(), 'inspector-'));
    await writeFile(join(root, 'good.log'), line());
    await writeFile(join(root, 'bad.log'), `${line()}{"nonsense": 1}\n`);
    const options = { job: 'pretrain', intervalSeconds: 0.05, labels: { cluster: 'test' } };
    return {
      config: { inspector: [{ ...options, path: join(root, 'good.log') }] },
      awayConfig: { inspector: [{ ...options, path: join(root, 'nowhere') }] },
      malformedConfig: { inspector: [{ ...options, path: join(root, 'b*.log') }] },
      labels: { cluster: 'test', job: 'pretrain' },
      family: 'binnacle_collective_exec_seconds',
      now: () => nowMs,
      close: () => rm(root, { recursive: true }),
    };
  },
});
