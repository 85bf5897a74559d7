import { describe, expect, it } from 'vitest';
import { countStates, gpuGrid, gpuStates, unseenCauses, xidEvents } from './prepare.ts';

const sample = (hostname: string, gpu: string, value: number, more: Record<string, string> = {}) => ({
  labels: { hostname, gpu, ...more },
  timeMs: 0,
  value,
});

describe('gpuGrid', () => {
  it('counts nodes as people do and leaves a GPU without a sample out', () => {
    const grid = gpuGrid([sample('n10', '0', 5), sample('n2', '0', 7), sample('n2', '1', Number.NaN)]);
    expect(grid.nodes).toEqual(['n2', 'n10']);
    expect(grid.gpus).toEqual(['0', '1']);
    expect(grid.values.get('n2/1')).toBeUndefined();
    expect(grid.highest).toBe(7);
  });
  it('reads the older spelling of the host label and skips MIG slices', () => {
    const grid = gpuGrid([
      { labels: { Hostname: 'old', gpu: '0' }, timeMs: 0, value: 1 },
      sample('n1', '0', 9, { GPU_I_ID: '3' }),
    ]);
    expect(grid.nodes).toEqual(['old']);
  });
});

describe('gpuStates', () => {
  const states = gpuStates({
    utilization: [
      sample('n1', '0', 98),
      sample('n1', '1', 97),
      sample('n1', '2', 99),
      sample('n1', '3', 0),
      sample('n1', '4', 95),
    ],
    temperature: [sample('n1', '0', 64), sample('n1', '4', 91)],
    clock: [sample('n1', '0', 1980), sample('n1', '1', 1980), sample('n1', '2', 1200), sample('n1', '4', 1980)],
    xid: [sample('n1', '1', 79), sample('n1', '0', 0), sample('n1', '5', 0)],
  });
  it('tells working, idle and suffering GPUs apart, and why', () => {
    expect(states.map((s) => [s.gpu, s.work, s.reason?.replaceAll('\u202f', ' ') ?? null])).toEqual([
      ['0', 'works', null],
      ['1', 'suffers', 'XID 79'],
      ['2', 'suffers', 'clock 1200 MHz, others 1980 MHz'],
      ['3', 'idle', null],
      ['4', 'suffers', '91 °C'],
      ['5', 'unknown', null],
    ]);
  });
  it('never takes a GPU without utilization for idle', () => {
    expect(countStates(states)).toEqual({ works: 1, idle: 1, suffers: 3, unknown: 1 });
  });
});

describe('xidEvents', () => {
  const answer = (times: number[], values: number[]) => ({
    series: [{ labels: { hostname: 'n6', gpu: '1', err_msg: 'GPU has fallen off the bus' }, times, values }],
    fromMs: 0,
    toMs: 600_000,
    stepSeconds: 60,
    warnings: [],
  });
  it('makes one event of a standing code, newest first', () => {
    expect(
      xidEvents(
        answer([120_000, 180_000, 240_000, 300_000, 360_000, 420_000, 480_000, 540_000, 600_000], Array(9).fill(79)),
      ),
    ).toEqual([
      {
        node: 'n6',
        gpu: '1',
        code: 79,
        message: 'GPU has fallen off the bus',
        seenAt: 120_000,
        before: false,
        clearedAt: null,
      },
    ]);
  });
  it('sees a code that changes, one that clears, and one that was there before', () => {
    const events = xidEvents(answer([0, 60_000, 120_000], [45, 79, 79]));
    expect(events.map((e) => [e.code, e.before, e.clearedAt])).toEqual([
      [79, false, 180_000],
      [45, true, 60_000],
    ]);
  });
});

describe('unseenCauses', () => {
  it('names what no exporter tells of, and nothing while answers are under way', () => {
    const sample = { labels: {}, timeMs: 0, value: 1 };
    expect(unseenCauses({ temperature: [sample], clock: [sample], xid: [] })).toEqual(['XID errors']);
    expect(unseenCauses({ temperature: [], clock: [sample], xid: [sample] })).toEqual(['heat']);
    expect(unseenCauses({ temperature: undefined, clock: undefined, xid: undefined })).toEqual([]);
  });
});
