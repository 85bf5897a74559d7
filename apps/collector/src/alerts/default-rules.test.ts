import type { State } from '@binnacle/db/state/open-state.ts';
import { startTestPostgres, type TestPostgres } from '@binnacle/db/state/testing/state-for-tests.ts';
import { createEngine } from '@binnacle/promql/engine/engine.ts';
import { MemoryReader } from '@binnacle/promql/storage/memory.ts';
import { parseSeriesLine } from '@binnacle/promql/testing/series-line.ts';
import { alertRuleInput } from '@binnacle/shared/alerts/rule.ts';
import { parseTemplate } from '@binnacle/shared/alerts/template.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DefaultRule, defaultRules } from './default-rules.ts';
import type { AlertSeries } from './instances.ts';
import { seedDefaultRules } from './seed-rules.ts';
import { quiet } from './testing/alert-bench.ts';

/** 40 samples, 15 s apart: ten minutes, asked at their end. */
const stepMs = 15_000;
const askedAtMs = 40 * stepMs;

/** Series in the notation of Prometheus' rule tests: `a+bxn` is a start, a step and how often. */
async function ask(expr: string, lines: readonly string[]): Promise<AlertSeries[]> {
  const reader = new MemoryReader();
  for (const line of lines) {
    const { labels, values } = parseSeriesLine(line);
    const batch = new SampleBatch();
    const index = batch.addSeries(labels);
    values.forEach((value, i) => {
      if (typeof value === 'number') batch.append(index, i * stepMs, value);
    });
    reader.append(batch);
  }
  const { value } = await createEngine({ reader }).instant({ query: expr, timeMs: askedAtMs });
  if (value.type !== 'vector') throw new Error(`a rule answered with a ${value.type}`);
  return value.series.map((labels, i) => ({ labels: labels.toObject(), value: value.values[i] as number }));
}

/** For each rule: series that make it fire with its summary, and series of which it must say nothing. */
const cases: Record<string, { fires: string[]; says: string; quiet: string[] }> = {
  'gpu-xid': {
    fires: ['DCGM_FI_DEV_XID_ERRORS{gpu="1",hostname="n6"} 0x20 79x20'],
    says: 'XID 79 on n6 GPU 1',
    quiet: ['DCGM_FI_DEV_XID_ERRORS{gpu="0"} 0x40', 'DCGM_FI_DEV_XID_ERRORS{gpu="1"} 31x40'],
  },
  'gpu-hot': {
    fires: ['DCGM_FI_DEV_GPU_TEMP{gpu="3",Hostname="n4"} 91x40'],
    says: 'n4 GPU 3 is at 91 °C',
    quiet: ['DCGM_FI_DEV_GPU_TEMP{gpu="3"} 70x40'],
  },
  'gpu-throttled': {
    fires: ['DCGM_FI_DEV_THERMAL_VIOLATION{gpu="3",hostname="n4"} 0+1000x40'],
    says: 'n4 GPU 3 lowers its clock because of heat',
    quiet: [
      'DCGM_FI_DEV_THERMAL_VIOLATION{gpu="3"} 5000x40',
      'DCGM_EXP_CLOCK_EVENTS_COUNT{gpu="1",clock_event="gpu_idle"} 4x40',
    ],
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
  },
  'link-down': {
    fires: ['node_infiniband_state_id{instance="n3",device="mlx5_4",port="1"} 4x20 1x20'],
    says: 'n3 mlx5_4 port 1 is down',
    // a port that was never up has no cable in it
    quiet: ['node_infiniband_state_id{device="mlx5_0"} 4x40', 'node_infiniband_state_id{device="mlx5_9"} 1x40'],
  },
  'link-flap': {
    fires: ['node_infiniband_state_id{instance="n3",device="mlx5_4",port="1"} 4x10 1x10 4x10 1x10'],
    says: 'n3 mlx5_4 port 1 goes up and down',
    quiet: [
      'node_infiniband_state_id{device="mlx5_0"} 4x40',
      'node_infiniband_link_downed_total{device="mlx5_0"} 7x40',
    ],
  },
  'link-slow': {
    fires: [
      'node_infiniband_rate_bytes_per_second{instance="n3",device="mlx5_4",port="1"} 5e10x20 2.5e10x20',
      'node_infiniband_state_id{instance="n3",device="mlx5_4",port="1"} 4x40',
    ],
    says: 'n3 mlx5_4 port 1 runs at 50% of its rate',
    quiet: [
      'node_infiniband_rate_bytes_per_second{device="mlx5_0"} 2.5e10x40',
      'node_infiniband_state_id{device="mlx5_0"} 4x40',
    ],
  },
  'bus-bandwidth-low': {
    fires: [0, 1].flatMap((rank) => [
      `binnacle_collective_bus_bandwidth_bytes_per_second{job="llama",comm="c",collective="AllReduce",rank="${rank}",instance="n${rank}",message_bytes="134217728",n_ranks="64",n_nodes="8"} ${rank + 1}e11x40`,
      'binnacle_collective_expected_bus_bandwidth_bytes_per_second{job="llama",comm="c",collective="AllReduce",message_bytes="134217728",n_ranks="64",n_nodes="8"} 4e11x40',
    ]),
    says: 'AllReduce of llama reaches 37.5% of the expected bandwidth',
    quiet: [
      'binnacle_collective_bus_bandwidth_bytes_per_second{job="llama",comm="c",collective="AllReduce",rank="0",message_bytes="1024",n_ranks="64",n_nodes="8"} 1e6x40',
      'binnacle_collective_expected_bus_bandwidth_bytes_per_second{job="llama",comm="c",collective="AllReduce",message_bytes="1024",n_ranks="64",n_nodes="8"} 4e11x40',
    ],
  },
  straggler: {
    fires: ['binnacle_collective_straggler_rank{job="llama",comm="c"} 27x40'],
    says: 'Rank 27 of llama arrives last',
    quiet: ['binnacle_collective_skew_seconds{job="llama",comm="c"} 1x40'],
  },
  'queue-starved': {
    fires: ['allocated_gpus 0', 'fair_share_model_gpus 16', 'requested_gpus 16'].map((text) =>
      text.replace(/^(\w+) (\d+)/, 'binnacle_queue_$1{queue="vision"} $2x40'),
    ),
    says: 'Queue vision holds 0 GPUs, less than its fair share, and waits',
    quiet: [
      ...[
        'allocated_gpus{queue="idle"} 0x40',
        'fair_share_model_gpus{queue="idle"} 16x40',
        'requested_gpus{queue="idle"} 0x40',
      ],
      ...[
        'allocated_gpus{queue="big"} 40x40',
        'fair_share_model_gpus{queue="big"} 32x40',
        'requested_gpus{queue="big"} 64x40',
      ],
    ].map((text) => `binnacle_queue_${text}`),
  },
  'ttft-high': {
    fires: [
      '{le="1",model_name="m"} 0+1x40',
      '{le="5",model_name="m"} 0+100x40',
      '{le="+Inf",model_name="m"} 0+100x40',
    ].map((text) => `vllm:time_to_first_token_seconds_bucket${text}`),
    says: 'One request in a hundred of m waits 4.96s for its first token',
    quiet: ['{le="1",model_name="m"} 0+100x40', '{le="+Inf",model_name="m"} 0+100x40'].map(
      (text) => `vllm:time_to_first_token_seconds_bucket${text}`,
    ),
  },
  'kv-cache-full': {
    fires: ['vllm:kv_cache_usage_perc{model_name="m"} 0.97x40'],
    says: 'KV cache of m is 97% full',
    quiet: ['vllm:kv_cache_usage_perc{model_name="m"} 0.5x40'],
  },
  'drift-disagreement': {
    fires: ['binnacle_drift_agreement_ratio{probe="feynman",model="m",mode="concurrent"} 0.75x40'],
    says: 'Probe feynman of m: 75% of the answers agree (concurrent)',
    quiet: ['binnacle_drift_agreement_ratio{probe="feynman",mode="serial"} 1x40'],
  },
  'drift-reference': {
    fires: ['binnacle_drift_reference_agreement_ratio{probe="feynman",model="m",mode="serial"} 0x40'],
    says: 'Probe feynman of m: 0% of the answers equal the reference',
    quiet: [
      'binnacle_drift_reference_agreement_ratio{mode="serial"} 1x40',
      'binnacle_drift_reference_agreement_ratio{mode="concurrent"} 0x40',
    ],
  },
  'mcp-tool-changed': {
    fires: ['binnacle_mcp_tool_pinned{server="tickets",tool="create_ticket"} 1x20 0x20'],
    says: 'Tool create_ticket of tickets is not what was approved',
    quiet: ['binnacle_mcp_tool_pinned{server="tickets",tool="get"} 1x40'],
  },
  'mcp-context-budget': {
    fires: ['binnacle_mcp_server_tokens{server="a"} 15000x40', 'binnacle_mcp_server_tokens{server="b"} 8000x40'],
    says: 'Tool definitions take 23k tokens of every context',
    quiet: ['binnacle_mcp_server_tokens{server="a"} 9000x40'],
  },
  'pipeline-failed': {
    fires: [
      'binnacle_pipeline_run_state{run_id="1",run="nightly-7",pipeline="nightly",state="running"} 1x30 stale',
      'binnacle_pipeline_run_state{run_id="1",run="nightly-7",pipeline="nightly",state="failed"} _x30 1x10',
    ],
    says: 'Run nightly-7 of nightly failed',
    quiet: [
      'binnacle_pipeline_run_state{run_id="0",run="long ago",state="failed"} 1x40',
      'binnacle_pipeline_run_state{run_id="2",state="running"} 1x40',
    ],
  },
  'source-down': {
    fires: ['up{job="dcgm",instance="n1:9400"} 1x20 0x20'],
    says: 'dcgm n1:9400 cannot be read',
    quiet: ['up{job="dcgm",instance="n1:9400"} 1x40'],
  },
  'source-silent': {
    fires: ['binnacle_source_last_arrival_timestamp_seconds{receiver="nccl",source="llama"} 0x40'],
    says: 'nccl llama has sent nothing for 10m 0s',
    quiet: [
      'binnacle_source_last_arrival_timestamp_seconds{receiver="nccl",source="llama"} 0+15x40',
      'binnacle_source_last_arrival_timestamp_seconds{receiver="remote-write",source="senders"} 0x40',
    ],
  },
  'clock-ahead': {
    fires: ['binnacle_sender_arrival_lag_seconds{receiver="otlp",sender="node@10.0.0.7"} -3600x40'],
    says: 'Samples of otlp node@10.0.0.7 are ahead of the clock (-1h 0m 0s)',
    quiet: [
      'binnacle_sender_arrival_lag_seconds{receiver="otlp",sender="late"} 3600x40',
      // A door is as far ahead as its worst sender, who has an alert of its own.
      'binnacle_source_arrival_lag_seconds{receiver="otlp",source="senders"} -3600x40',
    ],
  },
};

describe('every shipped rule', () => {
  it('has a case here, and a key, a name and texts of its own', () => {
    expect(Object.keys(cases).sort()).toEqual(defaultRules.map(({ key }) => key).sort());
    expect(new Set(defaultRules.map(({ name }) => name)).size).toBe(defaultRules.length);
    for (const { key: _, ...rule } of defaultRules) {
      expect(alertRuleInput.parse(rule)).toEqual(rule);
      expect(Object.keys(rule.annotations)).toEqual(['summary', 'description', 'page', 'runbook']);
    }
  });

  it.each(defaultRules.map((rule) => [rule.key, rule] as const))(
    '%s fires on its fault, and not without it',
    async (key, rule) => {
      const one = cases[key];
      const firing = await ask(rule.expr, one?.fires ?? []);
      expect(firing.map((series) => parseTemplate(rule.annotations.summary ?? '')(series))).toEqual([one?.says]);
      expect(await ask(rule.expr, one?.quiet ?? [])).toEqual([]);
      expect(await ask(rule.expr, [])).toEqual([]);
    },
  );
});

describe('shipped rules in Postgres', () => {
  let postgres: TestPostgres;
  let state: State;
  beforeAll(async () => {
    postgres = await startTestPostgres();
    state = await postgres.freshState();
  });
  afterAll(() => postgres?.remove());

  const [first, second, third] = defaultRules as [DefaultRule, DefaultRule, DefaultRule];
  const find = ({ key }: DefaultRule) => state.prisma.alertRule.findUnique({ where: { builtinKey: key } });

  it('keep in step with the release until a person edits them', async () => {
    await seedDefaultRules(state, quiet);
    expect(await state.prisma.alertRule.count()).toBe(defaultRules.length);
    const before = await find(first);
    await seedDefaultRules(state, quiet);
    expect(await find(first)).toEqual(before);
    await state.prisma.alertRule.update({
      where: { builtinKey: first.key },
      data: { edited: true, name: 'mine', forSeconds: 7 },
    });
    await state.prisma.alertRule.update({ where: { builtinKey: second.key }, data: { enabled: false } });
    const next = [first, second].map((rule) => ({ ...rule, forSeconds: 99 }));
    await seedDefaultRules(state, quiet, next);
    expect(await find(first)).toMatchObject({ name: 'mine', forSeconds: 7 });
    expect(await find(second)).toMatchObject({ forSeconds: 99, enabled: false });
    expect(await find(third)).toBeNull();
  });

  it("leave a person's rule of the same name alone", async () => {
    await state.prisma.alertRule.create({ data: { name: third.name, layer: 'gpu', expr: 'up', severity: 'info' } });
    await seedDefaultRules(state, quiet);
    expect(await find(third)).toBeNull();
    expect(await state.prisma.alertRule.findUnique({ where: { name: third.name } })).toMatchObject({
      expr: 'up',
      builtin: false,
    });
  });
});
