import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ncclTest } from '@binnacle/shared/api/domain.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { untilSources } from '../contract/harness.ts';
import { recorded } from '../polling/recorded.ts';
import { nccl } from './index.ts';
import { parseTestJson } from './parse-json.ts';
import { parseTestText } from './parse-text.ts';

const captures = new URL('../../../../../../shared/captures/', import.meta.url);
const testdata = (name: string) => readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8');

describe('output of nccl-tests as text', () => {
  it('is read by the header row: extra columns and the prefix of mpirun move nothing', () => {
    const result = parseTestText(testdata('all-reduce-mpirun.txt'))!;
    expect(result).toMatchObject({
      collective: 'all_reduce',
      version: '2.19.6',
      ranks: 4,
      nodes: 2,
      outOfBounds: 2,
      printedAverageGigabytesPerSecond: 153,
      meanGigabytesPerSecond: 153,
      averageOk: false,
      complete: true,
    });
    expect(result.rows).toHaveLength(4);
    expect(result.rows[1]).toEqual({
      sizeBytes: 33554432,
      dtype: 'float',
      redop: 'sum',
      placement: 'in_place',
      seconds: 320e-6,
      algorithmBandwidthBytesPerSecond: 104e9,
      busBandwidthBytesPerSecond: 156e9,
      wrong: null,
    });
    expect(result.rows[2]?.wrong).toBe(2);
  });

  it('takes what is whole of an output that is still being written', () => {
    const text = testdata('all-reduce-mpirun.txt');
    const result = parseTestText(text.slice(0, text.indexOf('67108864') + 60))!;
    expect(result.complete).toBe(false);
    expect(result.rows.map(({ sizeBytes }) => sizeBytes)).toEqual([33554432, 33554432]);
  });

  it('is nothing where there is no table', () => {
    expect(parseTestText('mpirun: command not found\n')).toBeNull();
  });
});

it('reads the JSON output and never looks at its environment', () => {
  const result = parseTestJson(testdata('all-gather.json'))!;
  expect(result).toMatchObject({
    collective: 'all_gather',
    ranks: 2,
    nodes: 2,
    complete: true,
    averageOk: null,
    outOfBounds: 0,
  });
  expect(result.rows).toHaveLength(1);
  expect(result.rows[0]).toMatchObject({ placement: 'out_of_place', busBandwidthBytesPerSecond: 100e9 });
  expect(JSON.stringify(result)).not.toContain('topsecret');
});

describe('nccl, tests', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nccl-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('emits measured and expected bus bandwidth, and a record of each file', async () => {
    await copyFile(fileURLToPath(new URL('testdata/all-reduce-mpirun.txt', import.meta.url)), join(folder, 'run.txt'));
    await writeFile(join(folder, 'notes.txt'), 'nothing here');
    const context = recorded();
    const tests = [
      { path: folder, name: 'nightly', alphaSeconds: 1e-4, betaBytesPerSecond: 200e9, labels: { cluster: 'c1' } },
    ];
    const receiver = nccl.create(nccl.config.parse({ tests }), context);
    receiver.start?.();
    const [source] = await untilSources(
      () => receiver.sources(),
      ([first]) => first?.state === 'up',
    );
    await receiver.stop();
    const labels = {
      test: 'nightly/run.txt',
      collective: 'all_reduce',
      size_bytes: '67108864',
      n_ranks: '4',
      cluster: 'c1',
    };
    const measured = { ...labels, dtype: 'float', placement: 'in_place' };
    expect(context.value('binnacle_nccl_test_bus_bandwidth_bytes_per_second', measured)).toBe(156e9);
    // T = 100 µs + 1.5 × 67108864 B / 200 GB/s = 603.32 µs, and 1.5 × 67108864 B in that time are 166.85 GB/s.
    expect(context.value('binnacle_nccl_test_expected_bus_bandwidth_bytes_per_second', labels)! / 1e9).toBeCloseTo(
      166.85,
      2,
    );
    expect(context.sink.records.map(({ key }) => key)).toEqual(['nightly/run.txt']);
    expect(ncclTest.parse(context.sink.records[0]?.body)).toMatchObject({ test: 'nightly/run.txt', ranks: 4 });
    expect(source?.lastError).toContain('notes.txt: no table of nccl-tests');
  });

  it('fills in by configuration what the output lost', async () => {
    const text = testdata('all-reduce-mpirun.txt')
      .split('\n')
      .filter((line) => !/Rank|Collective test/.test(line))
      .join('\n');
    const path = join(folder, 'cut.txt');
    await writeFile(path, text);
    const context = recorded();
    const tests = [{ path, name: 'cut', collective: 'all_reduce', ranks: 4 }];
    const receiver = nccl.create(nccl.config.parse({ tests }), context);
    receiver.start?.();
    await context.readings(1);
    await receiver.stop();
    expect(parseTestText(text)).toMatchObject({ collective: null, ranks: null });
    expect(
      context.value('binnacle_nccl_test_bus_bandwidth_bytes_per_second', {
        test: 'cut',
        collective: 'all_reduce',
        n_ranks: '4',
      }),
    ).toBe(156e9);
  });
});

describe.skipIf(!existsSync(captures))('captured outputs', () => {
  const names = existsSync(captures) ? readdirSync(captures).filter((name) => /^nccl-tests-.*\.txt$/.test(name)) : [];
  const parse = (name: string) => parseTestText(readFileSync(new URL(name, captures), 'utf8'))!;

  it.each(names)('%s: the mean of all rows is the average it prints', (name) => {
    const result = parse(name);
    // Cut by whoever published it: small sizes, which lower the printed average, are missing.
    if (name.includes('alltoall-gb300')) expect(result.meanGigabytesPerSecond).toBeCloseTo(47.515, 3);
    else
      expect(Math.abs(result.meanGigabytesPerSecond! - result.printedAverageGigabytesPerSecond!)).toBeLessThanOrEqual(
        0.002,
      );
  });

  it('knows collective, ranks and peak where the output says them', () => {
    const facts = names.map((name) => {
      const { collective, ranks, nodes, rows } = parse(name);
      const peak = Math.max(...rows.map((row) => row.busBandwidthBytesPerSecond)) / 1e9;
      return [name.replace(/^nccl-tests-|\.txt$/g, ''), collective, ranks, nodes, peak];
    });
    expect(facts).toEqual([
      ['alltoall-gb300-128gpu-2racks', 'alltoall', 128, null, 47.67],
      ['format-iters-col-fail-bw', 'all_reduce', 1, 1, 0],
      ['format-iters-col-fail-oob', 'all_reduce', 1, 1, 0],
      ['format-iters-col-pass', 'all_reduce', 1, 1, 0],
      ['gb200-1440gpu-20racks-coreweave', 'all_reduce', 1440, null, 405.74],
      ['gb200-144gpu-2racks-coreweave', 'all_reduce', 144, null, 820.36],
      ['gb200-72gpu-1rack-coreweave', 'all_reduce', 72, null, 846.82],
      ['h100-16gpu-gcp-a3mega-full', 'all_reduce', 16, 2, 338.82],
      ['h100-16gpu-oci', 'all_reduce', 16, 2, 471.22],
      ['h100-4gpu-2nodes-full-sweep', 'all_reduce', 4, 2, expect.any(Number)],
      ['h100-64gpu-sharp-coreweave', null, null, null, 386.56],
      ['h200-16gpu-roce-v2.18.3', 'all_reduce', 16, 2, expect.any(Number)],
    ]);
  });
});
