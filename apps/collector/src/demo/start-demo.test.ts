import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DemoClock } from './clock.ts';
import { probePrompts } from './completions.ts';
import { InspectorFiles, inspectorFileName } from './inspector-files.ts';
import { addedInstruction } from './mcp-tools.ts';
import { deployments, hcaDevices, incident, mcpServers, nodes, startMinute, stepMs } from './scenario.ts';
import { type Demo, startDemo } from './start-demo.ts';

const startedAtMs = Date.UTC(2026, 0, 5, 9, 0, 3);
const log = pino({ level: 'silent' });
const at = (cycle: number) => startedAtMs + (cycle - startMinute) * 60_000;
const folders: string[] = [];
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'binnacle-demo-'));
  folders.push(folder);
  return folder;
}

let demo: Demo;
let nowMs = startedAtMs;

beforeAll(async () => {
  demo = await startDemo({ port: 0, dataDir: temporaryFolder(), log, now: () => nowMs });
});
afterEach(() => {
  nowMs = startedAtMs;
});
afterAll(async () => {
  await demo.stop();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

// biome-ignore lint/suspicious/noExplicitAny: bodies of many APIs
const json = async (path: string, init?: RequestInit): Promise<any> => (await fetch(`${demo.url}${path}`, init)).json();

describe('HTTP', () => {
  it('every metrics page answers in the text format and says that it is the demo', async () => {
    const paths = [
      ...nodes.map((node) => `/nodes/${node}/dcgm/metrics`),
      '/kai/scheduler/metrics',
      '/kai/queue-controller/metrics',
      ...deployments.map((name) => `/serving/${name}/metrics`),
    ];
    for (const path of paths) {
      const response = await fetch(`${demo.url}${path}`);
      expect(response.status, path).toBe(200);
      expect(response.headers.get('x-binnacle-demo')).toBe('true');
      expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
      expect(await response.text()).toMatch(/^# HELP \S+ .+\n# TYPE \S+ (gauge|counter)\n/);
    }
  });

  it.each([
    '/',
    '/nodes/gpu-node-99/dcgm/metrics',
    '/mcp/unknown',
    '/serving/gpt/metrics',
    '/kubeflow/apis/v2beta1/runs/x/y',
  ])('nothing is served at %s', async (path) => {
    expect((await fetch(`${demo.url}${path}`)).status).toBe(404);
  });

  it('lists nodes with their GPUs', async () => {
    const { items } = await json('/kubernetes/api/v1/nodes');
    expect(items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(nodes);
    expect(items[0].status.allocatable['nvidia.com/gpu']).toBe('8');
  });

  it('a taken port is a sentence', async () => {
    await expect(startDemo({ port: demo.port, dataDir: temporaryFolder(), log })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('BINNACLE_DEMO_PORT'),
    });
  });
});

describe('chat completions', () => {
  const ask = (prompt: string, deployment: string = incident.drift.deployment) =>
    json(`/serving/${deployment}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: deployment, temperature: 0, messages: [{ role: 'user', content: prompt }] }),
    });
  const text = (answer: { choices: { message: { content: string } }[] }) => answer.choices[0]!.message.content;
  const distinct = async (prompt: string, deployment?: string) =>
    new Set((await Promise.all(Array.from({ length: 8 }, () => ask(prompt, deployment)))).map(text)).size;

  it('one after another the answers are equal; together, during the drift, some fork', async () => {
    const prompt = probePrompts[incident.drift.probe];
    const alone = [await ask(prompt), await ask(prompt)].map(text);
    expect(alone[0]).toBe(alone[1]);
    expect(await distinct(prompt)).toBeGreaterThan(1);
    expect(await distinct(probePrompts.capitals)).toBe(1);
    expect(await distinct(prompt, deployments[1])).toBe(1);
    nowMs = at(28);
    expect(await distinct(prompt)).toBe(1);
  });

  it('answers in the shape of the API and refuses what it does not understand', async () => {
    const answer = await ask('Hello');
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: incident.drift.deployment,
      system_fingerprint: expect.stringMatching(/^fp_/),
      usage: { total_tokens: expect.any(Number) },
    });
    const path = `/serving/${deployments[0]}/v1/chat/completions`;
    expect((await json(path, { method: 'POST', body: '{' })).error.message).toContain('not JSON');
    expect(
      (
        await json(path, {
          method: 'POST',
          body: JSON.stringify({ model: 'gpt', messages: [{ role: 'user', content: 'x' }] }),
        })
      ).error.type,
    ).toBe('NotFoundError');
    expect(
      (await json(path, { method: 'POST', body: JSON.stringify({ model: deployments[0], messages: [] }) })).error.code,
    ).toBe(400);
    expect((await json(`/serving/${deployments[0]}/v1/models`)).data[0].id).toBe(deployments[0]);
  });
});

describe('Kubeflow runs', () => {
  it('pages by token until the end, without a run twice or lost', async () => {
    const seen: string[] = [];
    let token = '';
    let total = 0;
    do {
      const page = await json(`/kubeflow/apis/v2beta1/runs?page_size=7&sort_by=created_at%20desc&page_token=${token}`);
      seen.push(...page.runs.map((run: { run_id: string }) => run.run_id));
      total = page.total_size;
      token = page.next_page_token ?? '';
    } while (token !== '');
    expect(seen.length).toBe(total);
    expect(new Set(seen).size).toBe(total);
    expect(total).toBeGreaterThan(20);
    expect((await fetch(`${demo.url}/kubeflow/apis/v2beta1/runs?page_token=zzz`)).status).toBe(400);
  });

  it('has runs that run, succeeded and failed, with the quirks of the real server', async () => {
    const { runs } = await json('/kubeflow/apis/v2beta1/runs?page_size=100&sort_by=created_at%20desc');
    const states = new Set(runs.map((run: { state: string }) => run.state));
    expect([...states]).toEqual(expect.arrayContaining(['RUNNING', 'SUCCEEDED', 'FAILED']));
    expect(runs.find((run: { state: string }) => run.state === 'RUNNING').finished_at).toBe('1970-01-01T00:00:00Z');
    const failed = runs.find((run: { state: string }) => run.state === 'FAILED');
    const one = await json(`/kubeflow/apis/v2beta1/runs/${failed.run_id}`);
    expect(one).toEqual(failed);
    const omitted = one.run_details.task_details.filter((task: { state?: string }) => task.state === undefined);
    expect(omitted.map((task: { display_name: string }) => task.display_name).sort()).toEqual([
      'report',
      'report-driver',
    ]);
  });

  it('a run progresses with time', async () => {
    const running = (await json('/kubeflow/apis/v2beta1/runs?page_size=1&sort_by=created_at%20desc')).runs[0];
    nowMs = Date.parse(running.created_at) + 900_000;
    expect((await json(`/kubeflow/apis/v2beta1/runs/${running.run_id}`)).state).toMatch(/SUCCEEDED|FAILED/);
  });
});

describe('MCP', () => {
  async function connect(server: string): Promise<Client> {
    const client = new Client({ name: 'test', version: '1' });
    await client.connect(new StreamableHTTPClientTransport(new URL(`${demo.url}/mcp/${server}`)));
    return client;
  }

  it('an SDK client lists the tools of every server', async () => {
    const counts: number[] = [];
    for (const server of mcpServers) {
      const client = await connect(server);
      expect(client.getServerVersion()).toMatchObject({ name: server });
      counts.push((await client.listTools()).tools.length);
      await client.close();
    }
    expect(counts).toEqual([14, 6, 9]);
  });

  it('tells its clients when the description changes', async () => {
    nowMs = at(28);
    await demo.simulator.mcp.tick();
    const client = await connect(incident.toolChange.server);
    const describe = async () =>
      (await client.listTools()).tools.find((tool) => tool.name === incident.toolChange.tool)!.description;
    expect(await describe()).not.toContain(addedInstruction);
    let notified = 0;
    client.setNotificationHandler(ToolListChangedNotificationSchema, () => {
      notified++;
    });
    // The stream of notifications may open after the first list: go there and back until it is heard.
    const heard = async () => {
      for (const minute of [28, 39]) {
        nowMs = at(minute);
        await demo.simulator.mcp.tick();
      }
      return notified;
    };
    await expect.poll(heard, { timeout: 15_000, interval: 50 }).toBeGreaterThan(0);
    expect(await describe()).toContain(addedInstruction);
    await client.close();
  });

  it('refuses a request without a session, and one of a session that is over', async () => {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    expect((await fetch(`${demo.url}/mcp/tickets`, { method: 'POST', headers, body })).status).toBe(400);
    expect(
      (
        await fetch(`${demo.url}/mcp/tickets`, {
          method: 'POST',
          headers: { ...headers, 'mcp-session-id': 'gone' },
          body,
        })
      ).status,
    ).toBe(404);
  });
});

describe('files', () => {
  const receivers = () =>
    demo.receiversConfig() as {
      infiniband: { roots: { root: string; hostname: string }[] };
      nccl: { inspector: { path: string }[]; tests: { path: string }[] };
    };

  it('a sysfs tree for each node, replaced by rename and never left half written', () => {
    const { roots } = receivers().infiniband;
    expect(roots).toHaveLength(nodes.length);
    const port = join(roots[2]!.root, 'class/infiniband', incident.linkFlap.device, 'ports/1');
    expect(readdirSync(join(roots[0]!.root, 'class/infiniband')).sort()).toEqual([...hcaDevices].sort());
    expect(readFileSync(join(port, 'link_layer'), 'utf8')).toBe('InfiniBand\n');
    const counter = join(port, 'counters/port_rcv_packets');
    const before = Number(readFileSync(counter, 'utf8'));
    expect(before).toBeGreaterThan(0);
    for (const name of readdirSync(join(port, 'counters')))
      expect(readFileSync(join(port, 'counters', name), 'utf8')).toMatch(/^\d+\n$/);
  });

  it('Inspector lines of every rank, appended once a step and rotated before they grow large', () => {
    const folder = receivers().nccl.inspector[0]!.path;
    expect(readdirSync(folder)).toHaveLength(64);
    const clock = new DemoClock(startedAtMs);
    const files = new InspectorFiles(join(temporaryFolder(), 'nccl'), clock);
    const path = join(files.folder, inspectorFileName(0));
    files.append(startedAtMs);
    const size = statSync(path).size;
    files.append(startedAtMs);
    expect(statSync(path).size).toBe(size);
    for (let step = 1; !existsSync(`${path}.1`) && step < 400; step++) files.append(startedAtMs + step * stepMs);
    expect(existsSync(`${path}.1`)).toBe(true);
    expect(statSync(path).size).toBeLessThan(10_000);
  });

  it('an nccl-tests sweep whose rows are consistent', () => {
    const rows = readFileSync(receivers().nccl.tests[0]!.path, 'utf8')
      .split('\n')
      .filter((line) => /^\s+\d+\s/.test(line))
      .map((line) => line.trim().split(/\s+/).map(Number));
    expect(rows).toHaveLength(11);
    for (const row of rows) {
      const [bytes, , , , , microseconds, algorithm, bus] = row as number[];
      expect(bytes! / microseconds! / 1e3 / algorithm!).toBeCloseTo(1, 1);
      expect(bus! / algorithm!).toBeCloseTo(1.97, 1);
    }
  });
});

describe('the trainer', () => {
  it('pushes its newest step over OTLP/HTTP, with the key, and goes on when the gateway is away', async () => {
    const received = Promise.withResolvers<{ url: string; authorization: string; body: string }>();
    const gateway = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      received.resolve({ url: request.url ?? '', authorization: request.headers.authorization ?? '', body });
      response.end('{}');
    });
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const pushing = await startDemo({
      port: 0,
      dataDir: temporaryFolder(),
      log,
      now: () => startedAtMs,
      gatewayUrl,
      apiKey: 'secret-key',
    });
    const { url, authorization, body } = await received.promise;
    expect([url, authorization]).toEqual(['/v1/metrics', 'Bearer secret-key']);
    const [resource] = JSON.parse(body).resourceMetrics;
    const steps = resource.scopeMetrics[0].metrics.find(
      (metric: { name: string }) => metric.name === 'binnacle_training_step_seconds',
    );
    expect(steps.gauge.dataPoints).toHaveLength(64);
    await pushing.stop();
    await new Promise((resolve) => gateway.close(resolve));
    const lonely = await startDemo({ port: 0, dataDir: temporaryFolder(), log, now: () => startedAtMs, gatewayUrl });
    await lonely.stop();
  });
});
