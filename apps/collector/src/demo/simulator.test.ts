import { describe, expect, it } from 'vitest';
import { DemoClock } from './clock.ts';
import { renderDcgm } from './dcgm-text.ts';
import { flappingPortIndex } from './fabric-state.ts';
import { inspectorLines } from './inspector-files.ts';
import { renderQueueController, renderScheduler } from './kai-text.ts';
import { podGroupList, queueList } from './kubernetes-lists.ts';
import type { DemoTool } from './mcp-schema.ts';
import { addedInstruction, toolsOf } from './mcp-tools.ts';
import { cycleMinute, cycleMinutes, type IncidentName, incident, isActive, startMinute, stepMs } from './scenario.ts';
import { queueStates } from './scheduling-state.ts';
import { createSimulator } from './simulator.ts';
import { trainingSamples } from './trainer.ts';
import { trainingState } from './training-state.ts';
import { renderVllm } from './vllm-text.ts';

const startedAtMs = Date.UTC(2026, 0, 5, 9, 0, 3);
const minute = 60_000;
const build = (options = {}) => createSimulator(new DemoClock(startedAtMs, options), () => startedAtMs);
/** A moment at a minute of the first cycle. */
const at = (cycle: number) => startedAtMs + (cycle - startMinute) * minute;

/** `name{labels}` to value. */
function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const blank = line.lastIndexOf(' ');
    const value = line.slice(blank + 1);
    expect(samples.has(line.slice(0, blank)), line).toBe(false);
    samples.set(line.slice(0, blank), value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value));
  }
  for (const [name, value] of samples) expect(value, name).not.toBeNaN();
  return samples;
}

describe('determinism', () => {
  it('the same moment gives the same texts, in whatever order it is asked', () => {
    const render = (simulator: ReturnType<typeof build>, ms: number) => [
      renderDcgm(simulator.gpus, 3, ms),
      renderVllm(simulator.serving[0]!, simulator.clock.epochMs, ms),
      renderScheduler(simulator.clock, simulator.scheduler, ms),
      JSON.stringify(simulator.fabric.ports(ms)),
      inspectorLines(simulator.clock, 27, ms),
      JSON.stringify(trainingSamples(simulator.clock, ms)),
    ];
    const [forwards, backwards] = [build(), build()];
    const moments = [-55 * minute, -20 * minute, 0, 7_123, 130 * minute].map((offset) => startedAtMs + offset);
    const first = moments.map((ms) => render(forwards, ms));
    const second = [...moments].reverse().map((ms) => render(backwards, ms));
    expect(second.reverse()).toEqual(first);
    expect(first[0]).not.toEqual(first[1]);
  });

  it('counters never fall, over the steps and across the hour before the start', () => {
    const simulator = build();
    const falls: string[] = [];
    let energy = simulator.gpus.energyMillijoules(startedAtMs - 60 * minute);
    let ports = simulator.fabric.ports(startedAtMs - 60 * minute);
    for (let ms = startedAtMs - 60 * minute; ms < startedAtMs + 40 * minute; ms += 17_000) {
      const nextEnergy = simulator.gpus.energyMillijoules(ms);
      for (const [i, value] of nextEnergy.entries()) if (value < energy[i]!) falls.push(`energy of GPU ${i} at ${ms}`);
      const nextPorts = simulator.fabric.ports(ms);
      for (const [i, port] of nextPorts.entries())
        for (const [name, value] of Object.entries(port.counters))
          if (value < ports[i]!.counters[name]!) falls.push(`${name} of port ${i} at ${ms}`);
      energy = nextEnergy;
      ports = nextPorts;
    }
    expect(falls).toEqual([]);
    const joules = (simulator.gpus.energyMillijoules(at(17))[0]! - simulator.gpus.energyMillijoules(at(7))[0]!) / 1000;
    const watts = joules / 600;
    expect(watts).toBeGreaterThan(350);
    expect(watts).toBeLessThan(700);
  });

  it('after a restart counters begin at 0', () => {
    const simulator = build({ restarted: true });
    expect(Math.max(...simulator.gpus.energyMillijoules(startedAtMs))).toBeLessThan(700 * stepMs);
    expect(simulator.fabric.ports(startedAtMs)[0]!.counters.link_downed).toBe(0);
  });
});

describe('the incident', () => {
  it('is under way at a fresh start, ends, and comes again with the next cycle', () => {
    for (const name of Object.keys(incident) as IncidentName[]) {
      // What changes must have been seen before: the tool changes a minute after the start.
      expect(isActive(name, startedAtMs, startedAtMs), name).toBe(name !== 'toolChange');
      expect(isActive(name, at(9), startedAtMs), name).toBe(true);
      expect(isActive(name, at(28), startedAtMs), name).toBe(false);
      expect(isActive(name, at(9) + cycleMinutes * minute, startedAtMs), name).toBe(true);
    }
    expect(cycleMinute(startedAtMs - 10 * minute, startedAtMs)).toBe(27);
  });

  it('a flapping port takes bandwidth from the ring, which lengthens steps and idles tensor cores of every GPU', () => {
    const simulator = build();
    const [healthy, flapping] = [at(28), at(2.5)];
    const [good, bad] = [trainingState(simulator.clock, healthy), trainingState(simulator.clock, flapping)];
    expect(bad.linkFactor).toBeLessThan(0.5);
    expect(good.linkFactor).toBe(1);
    expect(bad.stepSeconds / good.stepSeconds).toBeGreaterThan(1.2);
    expect(bad.mfuRatio).toBeLessThan(good.mfuRatio);
    expect(good.mfuRatio).toBeGreaterThan(0.35);
    expect(good.mfuRatio).toBeLessThan(0.5);
    for (const gpu of [0, 27, 63]) {
      const drop =
        simulator.gpus.state(gpu, healthy).tensorActiveRatio - simulator.gpus.state(gpu, flapping).tensorActiveRatio;
      expect(drop).toBeGreaterThan(0.05);
    }
  });

  it('the port goes down and comes back at half its rate, again and again, and counts it', () => {
    const simulator = build();
    const states = new Set<string>();
    for (let ms = at(2); ms < at(4); ms += stepMs) {
      const port = simulator.fabric.ports(ms)[flappingPortIndex]!;
      states.add(`${port.state} ${port.rate}`);
    }
    expect([...states].sort()).toEqual([
      '1: DOWN 10 Gb/sec (4X SDR)',
      '4: ACTIVE 200 Gb/sec (2X NDR)',
      '4: ACTIVE 400 Gb/sec (4X NDR)',
    ]);
    const downs = (ms: number, port: number) => simulator.fabric.ports(ms)[port]!.counters.link_downed as number;
    expect(downs(at(7), flappingPortIndex) - downs(at(2), flappingPortIndex)).toBeGreaterThanOrEqual(4);
    expect(downs(at(7), 0)).toBe(0);
    expect(downs(at(29), flappingPortIndex)).toBe(downs(at(23), flappingPortIndex));
  });

  it('the straggler is hot and slow, and its rank has the shortest execution of every collective', () => {
    const simulator = build();
    const { rank } = incident.straggler;
    const [slow, other] = [simulator.gpus.state(rank, at(10)), simulator.gpus.state(rank + 1, at(10))];
    expect(slow.smClockMhz).toBeLessThan(other.smClockMhz * 0.75);
    expect(slow.temperatureCelsius).toBeGreaterThan(other.temperatureCelsius + 15);
    const execution = (r: number, ms: number) =>
      inspectorLines(simulator.clock, r, ms)
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).coll_perf.coll_exec_time_us as number);
    const mine = execution(rank, at(10));
    for (const r of [0, 26, 28, 63]) {
      for (const [i, us] of execution(r, at(10)).entries()) expect(us).toBeGreaterThan(mine[i]! + 2000);
    }
    const calm = execution(rank, at(28))[3]!;
    expect(Math.abs(execution(0, at(28))[3]! / calm - 1)).toBeLessThan(0.1);
  });

  it('the XID shows on one GPU only, with its code as a label', () => {
    const simulator = build();
    const node = Number(incident.xid.node.slice(-2)) - 1;
    const errors = (ms: number) =>
      [...samplesOf(renderDcgm(simulator.gpus, node, ms))].filter(
        ([name, value]) => name.startsWith('DCGM_FI_DEV_XID_ERRORS') && value !== 0,
      );
    expect(errors(at(10))).toHaveLength(1);
    expect(errors(at(10))[0]![0]).toContain(`gpu="${incident.xid.gpu}"`);
    expect(errors(at(10))[0]![0]).toContain(`err_code="${incident.xid.code}"`);
    expect(errors(at(28))).toEqual([]);
  });

  it('vision starves while pretraining holds more than its share; the three APIs agree', () => {
    const { clock, scheduler } = build();
    const states = new Map(queueStates(clock, at(10)).map((queue) => [queue.name, queue]));
    expect(states.get('vision')).toMatchObject({ requested: 16, allocated: 0, fairShare: 16 });
    expect(states.get('pretraining')).toMatchObject({ allocated: 64, fairShare: 48 });
    expect(states.get('research')).toMatchObject({ allocated: 64, requested: 80, fairShare: 64 });
    const shares = samplesOf(renderScheduler(clock, scheduler, at(10)));
    const allocated = samplesOf(renderQueueController(clock, at(10)));
    const labels = '{queue_name="vision",queue_metadata_name="vision",queue_display_name=""}';
    expect(shares.get(`kai_queue_fair_share_gpu${labels}`)).toBe(16);
    expect(allocated.get(`kai_queue_allocated_gpus${labels}`)).toBe(0);
    // biome-ignore lint/suspicious/noExplicitAny: a Kubernetes list
    const [queues, groups] = [queueList(clock, at(10)) as any, podGroupList(clock, at(10)) as any];
    // biome-ignore lint/suspicious/noExplicitAny: a Kubernetes list
    expect(queues.items.find((item: any) => item.metadata.name === 'vision').status.requested['nvidia.com/gpu']).toBe(
      '16',
    );
    // biome-ignore lint/suspicious/noExplicitAny: a Kubernetes list
    expect(groups.items.filter((item: any) => item.spec.queue === 'vision')).toHaveLength(2);
    // biome-ignore lint/suspicious/noExplicitAny: a Kubernetes list
    expect((podGroupList(clock, at(28)) as any).items.some((item: any) => item.spec.queue === 'vision')).toBe(false);
  });

  it('one description gains an instruction, and nothing else changes', () => {
    const [before, during] = [toolsOf('tickets', false), toolsOf('tickets', true)];
    const changed = during.filter((tool: DemoTool, i: number) => JSON.stringify(tool) !== JSON.stringify(before[i]));
    expect(changed.map((tool) => tool.name)).toEqual([incident.toolChange.tool]);
    expect(changed[0]!.description).toContain(addedInstruction);
    expect(toolsOf('repo-tools', true)).toBe(toolsOf('repo-tools', false));
    expect([toolsOf('repo-tools', false).length, before.length, toolsOf('observability', false).length]).toEqual([
      14, 6, 9,
    ]);
  });
});

describe('vLLM metrics', () => {
  it('histograms are cumulative, end in their count, and their mean lies within their buckets', () => {
    const simulator = build();
    const samples = samplesOf(renderVllm(simulator.serving[1]!, simulator.clock.epochMs, startedAtMs));
    const before = samplesOf(renderVllm(simulator.serving[1]!, simulator.clock.epochMs, startedAtMs - 30_000));
    const model = 'engine="0",model_name="qwen2.5-72b-instruct"';
    const names = [...samples.keys()]
      .filter((name) => name.includes('_count{'))
      .map((name) => name.slice(0, name.indexOf('_count{')));
    expect(names).toHaveLength(11);
    for (const name of names) {
      const buckets = [...samples].filter(([key]) => key.startsWith(`${name}_bucket{`));
      let last = 0;
      for (const [key, value] of buckets) {
        expect(Number.isInteger(value)).toBe(true);
        expect(value, key).toBeGreaterThanOrEqual(last);
        expect(value, key).toBeGreaterThanOrEqual(before.get(key) as number);
        last = value;
      }
      const count = samples.get(`${name}_count{${model}}`) as number;
      expect(samples.get(`${name}_bucket{${model},le="+Inf"}`)).toBe(count);
      expect(count).toBeGreaterThan(1000);
      const mean = (samples.get(`${name}_sum{${model}}`) as number) / count;
      const half = buckets.find(([, value]) => value >= count * 0.05)![0];
      expect(mean).toBeGreaterThan(Number(/le="([^"]+)"/.exec(half)![1]) / 10);
    }
    expect(samples.has(`vllm:time_to_first_token_seconds_bucket{${model},le="0.001"}`)).toBe(true);
    expect(samples.has(`vllm:time_to_first_token_seconds_bucket{${model},le="2560.0"}`)).toBe(true);
    expect(samples.get(`vllm:kv_cache_usage_perc{${model}}`)).toBeLessThanOrEqual(1);
  });
});
