import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { ExpositionCache } from '../../../wire/exposition/cache.ts';
import { parseExposition } from '../../../wire/exposition/parse.ts';
import { scrapeConfig } from '../config.ts';
import { mappingOf } from '../mapping.ts';
import { ownPool } from '../own-pool.ts';
import { findTarget } from '../target-spec.ts';
import type { PresetName } from './preset.ts';

const captures = fileURLToPath(new URL('../../../../../../../shared/captures/', import.meta.url));

interface Sample {
  readonly labels: Record<string, string>;
  readonly value: number;
  readonly at: number;
}

function read(path: string, preset: PresetName) {
  const job = scrapeConfig.parse({ jobs: [{ preset }] }).jobs[0];
  const pool = ownPool(job as NonNullable<typeof job>, { extraMetrics: false });
  const found = findTarget(pool, {}, { __address__: 'host:1' });
  if (found.kind !== 'scraped') throw new Error(found.kind);
  const cache = new ExpositionCache(mappingOf(found.spec));
  const { batch } = parseExposition(readFileSync(path), { format: 'text', defaultTimestampMs: 1, cache });
  const samples: Sample[] = Array.from({ length: batch.length }, (_, i) => ({
    labels: batch.series[batch.seriesOf[i] as number]?.toObject() ?? {},
    value: batch.values[i] as number,
    at: batch.timestamps[i] as number,
  }));
  const find = (name: string, labels: Record<string, string> = {}) =>
    samples.filter((sample) =>
      Object.entries({ __name__: name, ...labels }).every(([key, value]) => sample.labels[key] === value),
    );
  return { samples, find, names: new Set(samples.map((sample) => sample.labels.__name__)), metadata: batch.metadata };
}
const fixture = (name: string, preset: PresetName) =>
  read(fileURLToPath(new URL(`../testdata/${name}`, import.meta.url)), preset);

describe('dcgm-exporter', () => {
  it('has one label for the host, and leaves "blank" values out', () => {
    const { find, samples } = fixture('dcgm-exporter-3.prom', 'dcgm-exporter');
    expect(find('DCGM_FI_DEV_GPU_UTIL')[0]).toMatchObject({
      value: 97,
      labels: { hostname: 'node-1', job: 'dcgm-exporter', instance: 'host:1' },
    });
    expect(samples.some(({ labels }) => 'Hostname' in labels || 'pod' in labels)).toBe(false);
    expect(find('DCGM_FI_DEV_MEMORY_TEMP')).toEqual([]);
    expect(samples).toHaveLength(2);
  });

  it('gives the fields that DCGM 4.6 renamed their old names, and a ratio as percent', () => {
    const { find, metadata } = fixture('dcgm-exporter-4.6.prom', 'dcgm-exporter');
    expect(find('DCGM_FI_DEV_GPU_UTIL').map(({ value }) => value)).toEqual([97, 97]);
    expect(find('DCGM_FI_DEV_XID_ERRORS', { err_code: '79' })[0]?.value).toBe(79);
    expect(find('DCGM_FI_DEV_POWER_USAGE')[0]?.value).toBe(409.692);
    expect(find('DCGM_FI_PROF_PIPE_TENSOR_ACTIVE')[0]?.value).toBe(0.92926);
    expect(metadata.map(({ family }) => family)).toEqual(['DCGM_FI_DEV_GPU_UTIL']);
  });
});

describe('vllm', () => {
  it('knows the names of earlier versions and of Triton, and leaves _created out', () => {
    const { find, names, metadata } = fixture('vllm-old.prom', 'vllm');
    expect(find('vllm:kv_cache_usage_perc')[0]?.value).toBe(0.5);
    expect(find('vllm:inter_token_latency_seconds_bucket', { le: '+Inf' })[0]?.value).toBe(4);
    expect(find('vllm:iteration_tokens_total_count')[0]?.labels).toMatchObject({
      model_name: 'triton-model',
      version: '1',
    });
    expect([...names].filter((name) => name?.endsWith('_created'))).toEqual([]);
    expect(metadata).toContainEqual({
      family: 'vllm:inter_token_latency_seconds',
      type: 'histogram',
      help: '',
      unit: '',
    });
  });

  it('takes what Ray made of the names, without the gauges beside the counters', () => {
    const { names } = fixture('vllm-behind-ray.prom', 'vllm');
    expect([...names].sort()).toEqual(['vllm:kv_cache_usage_perc', 'vllm:prompt_tokens_total']);
  });
});

describe('kai-scheduler', () => {
  it('fills in queue_metadata_name, and leaves out what is registered twice', () => {
    const { find, names } = fixture('kai-scheduler.prom', 'kai-scheduler');
    expect(find('kai_queue_fair_share_gpu').map(({ labels }) => labels.queue_metadata_name)).toEqual(['vision', 'ci']);
    expect(names.has('e2e_scheduling_latency_milliseconds')).toBe(false);
    expect(find('kai_e2e_scheduling_latency_milliseconds')[0]?.value).toBe(11.5);
  });
});

it('reads blanks after commas and timestamps in ms, as UFM Telemetry writes them', () => {
  const { find } = fixture('ufm-telemetry.prom', 'node-exporter');
  expect(find('PortXmitDataExtended', { port_num: '2' })[0]).toMatchObject({
    value: 85_554_128_244,
    at: 1_628_683_905_941,
  });
});

describe.skipIf(!existsSync(captures))('captured reality', () => {
  const capture = (name: string, preset: PresetName) => read(`${captures}${name}`, preset);

  it('dcgm-exporter', () => {
    const { find, samples } = capture('dcgm-exporter-sample.prom', 'dcgm-exporter');
    expect(samples).toHaveLength(23);
    expect(find('DCGM_FI_DEV_POWER_USAGE', { hostname: 'ub20-a100-k8s' })[0]?.value).toBe(409.692);
    expect(find('DCGM_FI_PROF_GR_ENGINE_ACTIVE', { GPU_I_ID: '13' })[0]?.value).toBe(0.995687);
    const labelled = capture('dcgm-exporter-sample-labels.prom', 'dcgm-exporter');
    expect(labelled.find('DCGM_EXP_XID_ERRORS_COUNT', { xid: '42', hostname: 'workstation' })[0]?.value).toBe(1);
  });

  it('vLLM', () => {
    expect(
      capture('vllm-sample.prom', 'vllm').find('vllm:num_requests_running', { model_name: 'facebook/opt-125m' }),
    ).toHaveLength(1);
    const synthetic = capture('vllm-v1-synthetic.prom', 'vllm');
    expect(synthetic.find('vllm:kv_cache_usage_perc', { engine: '0' })[0]?.value).toBe(0.4375);
    expect(synthetic.find('vllm:prefix_cache_hits_total')[0]?.value).toBe(131_072);
    expect([...synthetic.names].filter((name) => name?.endsWith('_created'))).toEqual([]);
    expect(capture('vllm-sample-aibrix-v0.7.prom', 'vllm').find('vllm:num_requests_swapped')).toHaveLength(1);
  });

  it('UFM Telemetry, NCCL Inspector and node_exporter', () => {
    expect(
      capture('ufm-telemetry-prometheus-sample.prom', 'node-exporter').find('PortXmitPktsExtended')[0],
    ).toMatchObject({ value: 1_188_251_785, at: 1_628_683_905_941 });
    expect(
      capture('nccl-inspector-sample.prom', 'node-exporter').find('nccl_bus_bandwidth_gbs', {
        collective: 'AllReduce',
      })[0]?.value,
    ).toBe(678.263);
    const node = capture('node-exporter-infiniband-expected.prom', 'node-exporter');
    expect(
      node.find('node_infiniband_legacy_data_received_bytes_total', { device: 'mlx4_0', port: '1' })[0]?.value,
    ).toBe(18_527_668);
  });
});
