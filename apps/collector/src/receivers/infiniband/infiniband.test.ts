import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeReceiverContract } from '../contract/suite.ts';
import { type Recorded, recorded } from '../polling/recorded.ts';
import { infiniband } from './index.ts';
import { counterValue, rateBytesPerSecond, readDevice } from './read-sysfs.ts';

const captures = new URL('../../../../../../shared/captures/', import.meta.url);
const fixture = readFileSync(new URL('testdata/two-ports.txt', import.meta.url), 'utf8');

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sysfs-'));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** Rebuilds a tree from "path = value" lines; returns nothing, the files are below `root`. */
async function build(text: string, strip: string): Promise<void> {
  for (const line of text.split('\n')) {
    const cut = line.indexOf(' = ');
    if (line.startsWith('#') || cut < 0) continue;
    const path = join(root, line.slice(0, cut).replace(strip, ''));
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${line.slice(cut + 3)}\n`);
  }
}

/** Labels of the series of the only reading. */
const liveSeries = (context: Recorded) => context.sink.samples.map((sample) => sample.labels);

async function readOnce(hostname = 'node-1') {
  const context = recorded();
  const receiver = infiniband.create(
    infiniband.config.parse({ roots: [{ root, hostname, labels: { cluster: 'c1' } }] }),
    context,
  );
  receiver.start?.();
  await context.readings(1);
  await receiver.stop();
  return { context, receiver };
}

describe('infiniband', () => {
  it('emits state, rate, link layer and exact byte counters of every port', async () => {
    await build(fixture, '');
    const { context, receiver } = await readOnce();
    const value = (name: string, device: string, port: string) =>
      context.value(name, { device, port, instance: 'node-1', cluster: 'c1' });
    expect(value('node_infiniband_state_id', 'mlx5_0', '1')).toBe(4);
    expect(value('node_infiniband_physical_state_id', 'mlx5_0', '2')).toBe(3);
    expect(value('node_infiniband_rate_bytes_per_second', 'mlx5_0', '1')).toBe(50e9);
    expect(value('node_infiniband_rate_bytes_per_second', 'mlx5_0', '2')).toBe(312.5e6);
    // 2251799813685249 words are 9007199254740996 bytes: past 2^53, so floats multiplied first would miss it.
    expect(value('node_infiniband_port_data_transmitted_bytes_total', 'mlx5_0', '1')).toBe(9007199254740996);
    expect(value('node_infiniband_port_data_received_bytes_total', 'mlx5_0', '1')).toBe(2 ** 66);
    expect(value('node_infiniband_lifespan_seconds', 'mlx5_0', '1')).toBe(0.01);
    expect(value('node_infiniband_np_cnp_packets_sent_total', 'mlx5_0', '1')).toBe(12);
    expect(
      context.value('node_infiniband_info', {
        device: 'mlx5_0',
        port: '2',
        instance: 'node-1',
        cluster: 'c1',
        board_id: 'MT_0000000838',
        firmware_version: '28.39.1002',
        hca_type: 'MT4129',
        link_layer: 'Ethernet',
      }),
    ).toBe(1);
    expect(context.value('up', { job: 'infiniband', instance: 'node-1', cluster: 'c1' })).toBe(1);
    expect(receiver.sources()).toMatchObject([
      { receiver: 'infiniband', source: 'node-1', cluster: 'c1', state: 'up', lastError: null },
    ]);
  });

  it('emits nothing for a saturated wait counter and for "N/A (no PMA)"', async () => {
    await build(fixture, '');
    const { context } = await readOnce();
    const series = liveSeries(context);
    expect(series.filter((labels) => labels.__name__ === 'node_infiniband_port_transmit_wait_total')).toMatchObject([
      { port: '2' },
    ]);
    expect(
      series.some((labels) => labels.device === 'irdma0' && labels.__name__ === 'node_infiniband_link_downed_total'),
    ).toBe(false);
    expect(
      context.value('node_infiniband_state_id', { device: 'irdma0', port: '1', instance: 'node-1', cluster: 'c1' }),
    ).toBe(4);
  });

  it('keeps the other ports when one of them, and one device, is broken', async () => {
    await build(fixture, '');
    await rm(join(root, 'class/infiniband/mlx5_0/ports/2'), { recursive: true });
    await writeFile(join(root, 'class/infiniband/mlx5_0/ports/2'), 'not a folder');
    await mkdir(join(root, 'class/infiniband/empty0'));
    const { context, receiver } = await readOnce();
    expect(
      context.value('node_infiniband_link_downed_total', {
        device: 'mlx5_0',
        port: '1',
        instance: 'node-1',
        cluster: 'c1',
      }),
    ).toBe(3);
    expect(context.value('up', { job: 'infiniband', instance: 'node-1', cluster: 'c1' })).toBe(1);
    expect(receiver.sources()[0]?.lastError).toBe('empty0: its ports cannot be listed.');
  });

  it('is down, with a sentence, where there is no such folder', async () => {
    const { context, receiver } = await readOnce();
    expect(context.value('up', { job: 'infiniband', instance: 'node-1', cluster: 'c1' })).toBe(0);
    expect(receiver.sources()[0]).toMatchObject({ state: 'down', lastSampleAt: null });
    expect(receiver.sources()[0]?.lastError).toContain('no InfiniBand driver is loaded');
  });

  it('marks the series of a port that vanished as stale', async () => {
    await build(fixture, '');
    const context = recorded();
    const config = infiniband.config.parse({ roots: [{ root, hostname: 'node-1', intervalSeconds: 0.05 }] });
    const receiver = infiniband.create(config, context);
    receiver.start?.();
    await context.readings(1);
    await rm(join(root, 'class/infiniband/irdma0'), { recursive: true });
    await context.sink.until(() =>
      context.stale('node_infiniband_state_id', { device: 'irdma0', port: '1', instance: 'node-1' }),
    );
    await receiver.stop();
  });

  it('refuses two roots of one host', () => {
    const bad = infiniband.config.safeParse({ roots: [{ hostname: 'a' }, { root: '/b', hostname: 'a' }] });
    expect(bad.error?.issues[0]).toMatchObject({ path: ['roots', 1], message: '"a" is listed twice' });
  });
});

describeReceiverContract(infiniband, {
  kind: 'pull',
  minimalConfig: { roots: [{}] },
  placeOfFault: /mlx5_0 port 1: cannot make sense of rate/,
  async open() {
    await build(fixture, '');
    await build(fixture.replaceAll('class/', 'malformed/class/').replace('400 Gb/sec (4X NDR)', 'fast'), '');
    const options = { hostname: 'a', labels: { cluster: 'test' }, intervalSeconds: 0.05 };
    return {
      config: { roots: [{ ...options, root }] },
      awayConfig: { roots: [{ ...options, root: join(root, 'nowhere') }] },
      malformedConfig: { roots: [{ ...options, root: join(root, 'malformed') }] },
      labels: { cluster: 'test', instance: 'a' },
      family: 'node_infiniband_state_id',
      close: async () => {},
    };
  },
});

it('reads rates and counter texts as the kernel writes them', () => {
  expect(rateBytesPerSecond('200 Gb/sec (4X HDR)')).toBe(25e9);
  expect(rateBytesPerSecond('garbage')).toBeNull();
  const file = { name: 'x', help: '' };
  expect(counterValue('-1', file)).toBeNull();
  expect(counterValue('0x10', file)).toBeNull();
  expect(counterValue('4294967295', file)).toBe(4294967295);
  expect(counterValue('4294967295', { ...file, saturates: true })).toBeNull();
});

describe.skipIf(!existsSync(captures))('captured trees', () => {
  it('gives every value of node_exporter for its fixture, but for the saturated counters', async () => {
    await build(readFileSync(new URL('sysfs-infiniband.txt', captures), 'utf8'), 'sys/');
    const { context } = await readOnce();
    const expected = readFileSync(new URL('node-exporter-infiniband-expected.prom', captures), 'utf8');
    let compared = 0;
    for (const line of expected.split('\n')) {
      const match = /^(node_infiniband_\w+)\{device="(\w+)",port="(\d+)"\} (\S+)$/.exec(line);
      if (match === null) continue;
      const [, name, device, port, value] = match as unknown as [string, string, string, string, string];
      const ours = context.value(name, { device, port, instance: 'node-1', cluster: 'c1' });
      const saturated = name === 'node_infiniband_port_transmit_wait_total' && value === '4.294967295e+09';
      expect(ours, line).toBe(saturated ? undefined : Number(value));
      compared++;
    }
    expect(compared).toBe(49);
    const ours = liveSeries(context).filter(
      (labels) => labels.port !== undefined && labels.__name__ !== 'node_infiniband_info',
    );
    expect(ours.length).toBe(48);
  });

  it('reads hardware counters of mlx5 from the procfs fixture', async () => {
    await build(readFileSync(new URL('sysfs-infiniband-procfs.txt', captures), 'utf8'), 'fixtures/sys/');
    const { ports } = await readDevice(root, 'mlx5_0');
    expect(ports[0]?.counters.get('port_data_received_bytes')).toBe(72505381512);
    expect(ports[0]?.counters.get('roce_adp_retransmits')).toBe(99);
    expect(ports[0]?.counters.get('duplicate_requests_packets')).toBe(41);
    expect(ports[0]?.lifespanSeconds).toBe(0.01);
    expect(ports[0]?.rateBytesPerSecond).toBe(3.125e9);
    expect(ports[0]?.physicalStateId).toBe(4);
  });
});
