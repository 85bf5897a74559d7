import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { z } from 'zod';
import { renderDcgm } from './dcgm-text.ts';
import { renderQueueController, renderScheduler } from './kai-text.ts';
import { getRun, listRuns } from './kubeflow-api.ts';
import { nodeList, podGroupList, queueList } from './kubernetes-lists.ts';
import { deployments, nodes } from './scenario.ts';
import type { Simulator } from './simulator.ts';
import { renderVllm } from './vllm-text.ts';

/** How long a chat request runs, so that requests sent together do overlap. */
const completionMs = 60;
const maxBodyBytes = 1_000_000;

const chatBody = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string(), content: z.string() })).min(1),
  stream: z.literal(false).optional(),
});

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly atMs: number;
}

/** Text of the body of a request; undefined when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBodyBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function sendMetrics(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  response.end(text);
}

/** The one HTTP server behind which the whole demo cluster stands. */
export function demoServer(simulator: Simulator, now: () => number, log: Logger): Server {
  const server = createServer((request, response) => {
    response.setHeader('X-Binnacle-Demo', 'true');
    const url = new URL(request.url ?? '/', 'http://demo');
    answer(simulator, { request, response, url, atMs: now() }).catch((error: unknown) => {
      log.error({ err: error, path: url.pathname }, 'the demo could not answer');
      if (!response.headersSent) sendJson(response, 500, { error: 'the demo could not answer' });
      else response.destroy();
    });
  });
  server.keepAliveTimeout = 65_000;
  return server;
}

async function answer(simulator: Simulator, exchange: Exchange): Promise<void> {
  const { request, response, url, atMs } = exchange;
  const [area = '', ...rest] = url.pathname.slice(1).split('/');
  if (area === 'mcp') {
    if (await answerMcp(simulator, exchange, rest[0] ?? '')) return;
  } else if (area === 'serving' && (await answerServing(simulator, exchange, rest))) return;
  else if (request.method === 'GET') {
    const { clock } = simulator;
    const path = rest.join('/');
    const node = area === 'nodes' && path.endsWith('/dcgm/metrics') ? nodes.indexOf(rest[0] ?? '') : -1;
    if (node !== -1) return sendMetrics(response, renderDcgm(simulator.gpus, node, atMs));
    switch (`${area}/${path}`) {
      case 'kai/scheduler/metrics':
        return sendMetrics(response, renderScheduler(clock, simulator.scheduler, atMs));
      case 'kai/queue-controller/metrics':
        return sendMetrics(response, renderQueueController(clock, atMs));
      case 'kubernetes/apis/scheduling.run.ai/v2/queues':
        return sendJson(response, 200, queueList(clock, atMs));
      case 'kubernetes/apis/scheduling.run.ai/v2alpha2/podgroups':
        return sendJson(response, 200, podGroupList(clock, atMs));
      case 'kubernetes/api/v1/nodes':
        return sendJson(response, 200, nodeList(clock, atMs));
      case 'kubeflow/apis/v2beta1/runs': {
        const { status, body } = listRuns(clock, url.searchParams, atMs);
        return sendJson(response, status, body);
      }
    }
    const run = /^apis\/v2beta1\/runs\/([\w-]+)$/.exec(path);
    if (area === 'kubeflow' && run !== null) {
      const { status, body } = getRun(clock, run[1] as string, atMs);
      return sendJson(response, status, body);
    }
  }
  sendJson(response, 404, { error: 'not found', message: `The demo serves nothing at ${url.pathname}.` });
}

async function answerMcp(simulator: Simulator, { request, response }: Exchange, server: string): Promise<boolean> {
  let body: unknown;
  if (request.method === 'POST') {
    const text = await readBody(request);
    try {
      body = JSON.parse(text ?? '');
    } catch {
      sendJson(response, 400, { jsonrpc: '2.0', error: { code: -32700, message: 'Parse error' }, id: null });
      return true;
    }
  }
  return simulator.mcp.handle(server, request, response, body);
}

async function answerServing(simulator: Simulator, exchange: Exchange, path: readonly string[]): Promise<boolean> {
  const { request, response, atMs } = exchange;
  const index = (deployments as readonly string[]).indexOf(path[0] ?? '');
  const serving = simulator.serving[index];
  const chat = simulator.chats[index];
  if (serving === undefined || chat === undefined) return false;
  const door = `${request.method} /${path.slice(1).join('/')}`;
  switch (door) {
    case 'GET /metrics':
      sendMetrics(response, renderVllm(serving, simulator.clock.epochMs, atMs));
      return true;
    case 'GET /health':
      response.end();
      return true;
    case 'GET /version':
      sendJson(response, 200, { version: '0.26.0' });
      return true;
    case 'GET /v1/models':
      sendJson(response, 200, {
        object: 'list',
        data: [
          {
            id: chat.deployment,
            object: 'model',
            created: Math.floor(simulator.clock.epochMs / 1000),
            owned_by: 'vllm',
            root: chat.deployment,
            parent: null,
            max_model_len: 32_768,
          },
        ],
      });
      return true;
    case 'POST /v1/chat/completions':
      await answerChat(chat, exchange);
      return true;
  }
  return false;
}

async function answerChat(chat: Simulator['chats'][number], { request, response, atMs }: Exchange): Promise<void> {
  const refuse = (status: number, type: string, message: string): void =>
    sendJson(response, status, { error: { message, type, param: null, code: status } });
  const text = await readBody(request);
  let parsed: ReturnType<typeof chatBody.safeParse>;
  try {
    parsed = chatBody.safeParse(JSON.parse(text ?? ''));
  } catch {
    return refuse(400, 'BadRequestError', 'The body is not JSON.');
  }
  if (!parsed.success) return refuse(400, 'BadRequestError', z.prettifyError(parsed.error));
  const { model, messages } = parsed.data;
  if (model !== chat.deployment) return refuse(404, 'NotFoundError', `The model \`${model}\` does not exist.`);
  const prompt = messages.filter((message) => message.role === 'user').at(-1)?.content ?? '';
  sendJson(response, 200, await chat.complete({ model, prompt }, atMs, () => delay(completionMs)));
}
