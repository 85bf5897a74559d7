import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { captures, type GatewayProcess, startGateway, waitFor } from './gateway-process.ts';

const read = (file: string) => readFileSync(join(captures, file), 'utf8');

/**
 * Captured reality through the real doors of a real gateway, read back through `/api/v1/query`. The captures stand beside
 * the checkout, not in it: a clone alone skips this by name.
 */
describe.skipIf(!existsSync(captures))('captures of real systems (skipped where ../shared/captures is absent)', () => {
  let gateway: GatewayProcess;
  const run = JSON.parse(existsSync(captures) ? read('kfp-run.json') : '{}') as { run_id: string; created_at: string };
  const expositions = [
    'dcgm-exporter-sample.prom',
    'vllm-sample.prom',
    'vllm-v1-synthetic.prom',
    'nccl-inspector-sample.prom',
    'node-exporter-infiniband-expected.prom',
    'ufm-telemetry-prometheus-sample.prom',
  ];
  /** The exporters and servers that the captures came from, as far as the receivers can tell. */
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const file = url.pathname.slice(1);
    if (expositions.includes(file)) {
      response.setHeader('content-type', 'text/plain; version=0.0.4; charset=utf-8');
      response.end(read(file));
    } else if (url.pathname === '/apis/v2beta1/runs') {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ runs: [run], total_size: 1 }));
    } else if (url.pathname === `/apis/v2beta1/runs/${run.run_id}`) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(run));
    } else {
      response.statusCode = 404;
      response.end('{}');
    }
  });

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    gateway = await startGateway((directory) => {
      rebuildSysfs('sysfs-infiniband.txt', join(directory, 'host'));
      mkdirSync(join(directory, 'inspector'));
      // the receiver leaves old collectives out: the records are dated now, all else is as captured
      const now = String(Date.now() * 1000);
      const records = read('nccl-inspector-sample.jsonl').replaceAll(
        /"dump_timestamp_us":\d+/g,
        `"dump_timestamp_us":${now}`,
      );
      writeFileSync(join(directory, 'inspector', 'example-hostname-pid1.log'), records);
      const job = (file: string, more = '') =>
        `      - { job: ${file.split('.')[0]}, targets: ['${base}/${file}'], intervalSeconds: 5${more} }\n`;
      const sinceRun = Math.ceil((Date.now() - Date.parse(run.created_at)) / 3_600_000) + 24;
      return `receivers:
  scrape:
    jobs:
${job('dcgm-exporter-sample.prom', ', preset: dcgm-exporter')}${job('vllm-sample.prom', ', preset: vllm')}${job('vllm-v1-synthetic.prom', ', preset: vllm')}${job('nccl-inspector-sample.prom')}${job('node-exporter-infiniband-expected.prom')}${job('ufm-telemetry-prometheus-sample.prom', ', honorTimestamps: false')}
  infiniband:
    roots: [{ root: '${join(directory, 'host', 'sys')}', hostname: captured }]
  nccl:
    inspector: [{ path: '${join(directory, 'inspector')}', job: captured }]
    tests:
      - { path: '${join(captures, 'nccl-tests-h100-64gpu-sharp-coreweave.txt')}', name: coreweave-64, collective: all_reduce, ranks: 64 }
      - { path: '${join(captures, 'nccl-tests-h100-16gpu-oci.txt')}', name: oci-16, collective: all_reduce, ranks: 16 }
  kubeflow:
    servers: [{ url: '${base}', lookbackHours: ${sinceRun} }]
`;
    });
  });

  afterAll(async () => {
    await gateway?.stop();
    server.close();
  });

  const value = (expression: string) =>
    waitFor(expression, async () => {
      const result = await gateway.query(expression);
      return result.length === 1 ? Number(result[0]?.value) : undefined;
    });

  it.each([
    // dcgm-exporter: the whole GPU, its MIG slice, and the sentinel that means "no value"
    ['DCGM_FI_DEV_POWER_USAGE{gpu="0",GPU_I_ID="",hostname="ub20-a100-k8s"}', 409.692],
    ['DCGM_FI_DEV_FB_USED{gpu="0",GPU_I_ID="",hostname="ub20-a100-k8s"}', 4845],
    ['DCGM_FI_PROF_DRAM_ACTIVE{GPU_I_ID="13",hostname="ub20-a100-k8s"}', 0.800339],
    ['count(DCGM_FI_DEV_MEMORY_TEMP > 1e15) or vector(0)', 0],
    // vLLM: an old engine under today's names, and a V1 engine
    ['vllm:generation_tokens_total{job="vllm-sample"}', 7],
    ['vllm:time_to_first_token_seconds_sum{job="vllm-sample"}', 0.31326723098754883],
    ['vllm:kv_cache_usage_perc{job="vllm-sample"}', 0],
    ['vllm:kv_cache_usage_perc{job="vllm-v1-synthetic"}', 0.4375],
    ['vllm:num_requests_running{model_name="Qwen/Qwen3-8B"}', 7],
    // NCCL Inspector's own exposition, without HELP and TYPE
    ['nccl_bus_bandwidth_gbs{collective="AllReduce"}', 678.263],
    // node_exporter, and UFM's blanks after commas and timestamps
    [
      'node_infiniband_port_data_received_bytes_total{job="node-exporter-infiniband-expected",device="mlx4_0",port="1"}',
      18527668,
    ],
    ['PortXmitDataExtended{port_num="2"}', 85554128244],
    // sysfs: words of four bytes, and "N/A (no PMA)" is no value
    ['node_infiniband_port_data_received_bytes_total{instance="captured",device="mlx4_0",port="1"}', 18527668],
    ['node_infiniband_rate_bytes_per_second{instance="captured",device="i40iw0"}', 1.25e9],
    ['count(node_infiniband_port_data_received_bytes_total{instance="captured",device="i40iw0"}) or vector(0)', 0],
    // NCCL Inspector's records: 485.119 GB/s at 16 GiB
    [
      'max(binnacle_collective_bus_bandwidth_bytes_per_second{job="captured",message_bytes="17179869184"})',
      485.119099e9,
    ],
    // nccl-tests
    [
      'binnacle_nccl_test_bus_bandwidth_bytes_per_second{test="coreweave-64",size_bytes="8589934592",placement="out_of_place"}',
      386.56e9,
    ],
    // Kubeflow
    [`binnacle_pipeline_run_state{run_id="${run.run_id}",state="failed"}`, 1],
    [`binnacle_pipeline_run_duration_seconds{run_id="${run.run_id}"}`, 102], // from RUNNING in its history to finished_at
    ['min(up)', 1],
  ])('%s is %d', async (expression, wanted) => {
    expect(await value(expression)).toBeCloseTo(wanted, wanted > 1e6 ? -3 : 6);
  });

  it('agrees with node_exporter on every counter of every device', async () => {
    const expected = await gateway.query(
      '{__name__=~"node_infiniband_.*_total", job="node-exporter-infiniband-expected"}',
    );
    expect(expected.length).toBeGreaterThan(30);
    const ours = new Map(
      (await gateway.query('{__name__=~"node_infiniband_.*_total", instance="captured"}')).map((series) => [
        `${series.metric.__name__} ${series.metric.device} ${series.metric.port}`,
        Number(series.value),
      ]),
    );
    for (const { metric, value } of expected) {
      const name = `${metric.__name__} ${metric.device} ${metric.port}`;
      // a counter stuck at 2^32-1 is saturated: we say nothing, node_exporter repeats it
      if (Number(value) === 4294967295) expect(ours.has(name), name).toBe(false);
      else expect(ours.get(name), name).toBe(Number(value));
    }
  });
});

/** Makes the files of a sysfs dump ("path = value" lines) under a directory. */
function rebuildSysfs(capture: string, directory: string): void {
  for (const line of read(capture).split('\n')) {
    const match = /^(sys\/\S+) = (.*)$/.exec(line);
    if (!match) continue;
    const path = join(directory, match[1] as string);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${match[2]}\n`);
  }
}
