import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Explanation } from '@binnacle/shared/api/explanation.ts';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { planLines } from './promql-explain.ts';
import { askedTimes } from './promql-gateway.ts';

const launcher = fileURLToPath(new URL('../../bin/binnacle.mjs', import.meta.url));
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'binnacle-promql-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

function promql(args: readonly string[], environment: Record<string, string> = {}): Promise<Ended> {
  const env = { PATH: process.env.PATH, ...environment } as NodeJS.ProcessEnv;
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [launcher, 'promql', ...args], { cwd: folder, env }, (_error, out, err) =>
      resolve({ status: child.exitCode ?? -1, out, err }),
    );
  });
}

async function scriptFile(name: string, text: string): Promise<string> {
  await writeFile(path.join(folder, name), text);
  return name;
}

const loaded = 'load 1m\n  x_total 1 2 3\n\n';

describe('binnacle promql test', () => {
  it('ends with the number of passed and failed evals, and shows where and how each failed', async () => {
    const good = await scriptFile('good.test', `${loaded}eval instant at 1m x_total\n  x_total 2\n`);
    const bad = await scriptFile(
      'bad.test',
      `${loaded}eval instant at 1m x_total\n  x_total 3\n\neval instant at 0 1\n  1\n`,
    );
    const both = await promql(['test', good, bad]);
    expect(both.out.split('\n')).toEqual([
      'good.test: 1 passed, 0 failed, 0 skipped',
      'bad.test:4: x_total',
      '  expected 3 for x_total, got 2',
      'bad.test: 1 passed, 1 failed, 0 skipped',
      '2 passed, 1 failed',
      '',
    ]);
    expect(both.status).toBe(1);
    const alone = await promql(['test', good]);
    expect(alone.out.trimEnd().split('\n').at(-1)).toBe('1 passed, 0 failed');
    expect(alone.status).toBe(0);
  });

  it('counts what it leaves out by the reason', async () => {
    const script = await scriptFile(
      'mixed.test',
      `${loaded}load 1m\n  h {{schema:0 count:1}}\n\neval instant at 0 h\n\neval instant at 2m increase(x_total[1m] anchored)\n  {} 1\n`,
    );
    expect((await promql(['test', script])).out).toBe(
      'mixed.test: 1 passed, 0 failed, 1 skipped\n1 skipped: native histograms\n1 passed, 0 failed\n',
    );
    expect((await promql(['test', script, '--only', 'core'])).out).toContain(
      '1 skipped: experimental: promql-extended-range-selectors\n0 passed, 0 failed\n',
    );
    expect((await promql(['test', script, '--features', 'none'])).out).toContain(
      '1 skipped: needs promql-extended-range-selectors\n',
    );
  });

  it('a file that is no script fails', async () => {
    const script = await scriptFile('no.test', '\nlaod 1m\n');
    const { status, out } = await promql(['test', script]);
    expect(out).toBe('no.test:2: not a script: invalid command "laod 1m"\n0 passed, 1 failed\n');
    expect(status).toBe(1);
  });

  const refused: [string[], RegExp][] = [
    [['missing.test'], /^binnacle: missing\.test cannot be read: ENOENT\n$/],
    [['missing.test', '--only', 'some'], /^binnacle: --only must be one of core, float, all, got "some"\n$/],
    [['missing.test', '--features', 'magic'], /^binnacle: there is no feature "magic"; there are promql-/],
  ];
  it.each(refused)('%j', async (args, sentence) => {
    const { status, err } = await promql(['test', ...args]);
    expect(err).toMatch(sentence);
    expect(status).toBe(1);
  });
});

interface Asked {
  readonly path: string | undefined;
  readonly authorization: string | undefined;
  readonly parameters: Record<string, string>;
}

/** A gateway that gives one answer, and what it was asked. */
async function gateway(
  status: number,
  answer: unknown,
): Promise<{ url: string; asked: Asked[]; close: () => Promise<void> }> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    asked.push({
      path: request.url,
      authorization: request.headers.authorization,
      parameters: Object.fromEntries(new URLSearchParams(body)),
    });
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  onTestFinished(close);
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`, asked, close };
}

const vector = {
  status: 'success',
  data: {
    resultType: 'vector',
    result: [
      { metric: { __name__: 'up', job: 'dcgm' }, value: [60, '1'] },
      { metric: { job: 'a\u001b[31m' }, value: [60, 'NaN'] },
    ],
  },
  warnings: ['PromQL warning: careful (1:1)'],
};

describe('binnacle promql query', () => {
  it('prints a table, sends the key, and tells warnings beside it', async () => {
    const { url, asked } = await gateway(200, vector);
    const ended = await promql(['query', 'up', '--time', '60'], {
      BINNACLE_GATEWAY_URL: `${url}/`,
      BINNACLE_API_KEY: 'a-key-of-16-characters',
    });
    expect(ended).toEqual({
      status: 0,
      out: 'up{job="dcgm"}       1\n{job="a\\u001b[31m"}  NaN\n',
      err: 'warning: PromQL warning: careful (1:1)\n',
    });
    expect(asked).toEqual([
      {
        path: '/api/v1/query',
        authorization: 'Bearer a-key-of-16-characters',
        parameters: { query: 'up', time: '60' },
      },
    ]);
  });

  it('asks a range where a start is given', async () => {
    const matrix = {
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            metric: { __name__: 'up' },
            values: [
              [0, '1'],
              [30, '0.5'],
            ],
          },
        ],
      },
    };
    const { url, asked } = await gateway(200, matrix);
    const ended = await promql(['query', 'up', '--url', url, '--start', '0', '--end', '30', '--step', '30s']);
    expect(ended.out).toBe('up\n  1970-01-01T00:00:00.000Z  1\n  1970-01-01T00:00:30.000Z  0.5\n');
    expect(asked).toEqual([
      {
        path: '/api/v1/query_range',
        authorization: undefined,
        parameters: { query: 'up', start: '0', end: '30', step: '30' },
      },
    ]);
  });

  it('prints the answer as it is with --json', async () => {
    const { url } = await gateway(200, vector);
    expect(JSON.parse((await promql(['query', 'up', '--url', url, '--json'])).out)).toEqual(vector);
  });

  it("a refusal is the gateway's own sentence", async () => {
    const refusal = { status: 'error', errorType: 'bad_data', error: '1:3: parse error: unexpected end of input' };
    const { url } = await gateway(400, refusal);
    const { status, err } = await promql(['query', 'up(', '--url', url]);
    expect(err).toBe(`binnacle: ${url}: 1:3: parse error: unexpected end of input\n`);
    expect(status).toBe(1);
  });

  it('nobody there', async () => {
    const { url, close } = await gateway(200, vector);
    await close();
    const { status, err } = await promql(['query', 'up', '--url', url]);
    expect(err).toBe(`binnacle: no answer from ${url}: ECONNREFUSED\n`);
    expect(status).toBe(1);
  });
});

const cost = { series: 250, samples: null, bytes: null, durationMs: null };
const plan: Explanation = {
  query: 'sum(rate(x_total[5m])) * time()',
  startMs: 0,
  endMs: 3_600_000,
  stepMs: 60_000,
  steps: 61,
  root: {
    kind: 'binary',
    text: 'sum(rate(x_total[5m])) * time()',
    from: 0,
    to: 31,
    stepInvariant: false,
    read: null,
    within: false,
    children: [
      {
        kind: 'aggregation',
        text: 'sum(rate(x_total[5m]))',
        from: 0,
        to: 22,
        stepInvariant: false,
        read: 0,
        within: false,
        children: [],
      },
    ],
  },
  reads: [
    {
      plan: 'grid',
      selectors: ['x_total'],
      fromMs: -299_999,
      toMs: 3_600_000,
      sql: ['SELECT 1\nFROM samples'],
      reason: 'the store computes rate for many series',
      estimated: { ...cost, samples: 1_234_567 },
      actual: null,
    },
  ],
  ran: null,
};

describe('binnacle promql explain', () => {
  it('asks the door of plans and shows the tree, the reads, their SQL and cost', async () => {
    const { url, asked } = await gateway(200, plan);
    const ended = await promql(['explain', plan.query, '--url', url, '--start', '0', '--end', '3600', '--step', '60']);
    expect(asked[0]).toMatchObject({
      path: '/api/binnacle/promql/explain',
      parameters: { query: plan.query, step: '60' },
    });
    expect(ended.out.trimEnd().split('\n')).toEqual(planLines(plan));
    expect(planLines(plan)).toEqual([
      'sum(rate(x_total[5m])) * time()',
      'from 1970-01-01T00:00:00.000Z to 1970-01-01T01:00:00.000Z, 61 steps of 60 s',
      '',
      'binary  sum(rate(x_total[5m])) * time()',
      '  aggregation  sum(rate(x_total[5m]))  (read 1)',
      '',
      'read 1: grid, 1969-12-31T23:55:00.001Z to 1970-01-01T01:00:00.000Z',
      '  of         x_total',
      '  because    the store computes rate for many series',
      '  estimated  250 series, 1,234,567 samples, bytes not known',
      '  SQL',
      '    SELECT 1',
      '    FROM samples',
    ]);
  });

  it('runs the query with --analyze, and says what it took', async () => {
    const analyzed: Explanation = {
      ...plan,
      reads: [],
      ran: { durationMs: 12.34, samplesRead: 5000, resultSeries: 2, warnings: ['careful'], infos: [] },
    };
    const { url, asked } = await gateway(200, analyzed);
    const { out } = await promql(['explain', 'up', '--url', url, '--time', '0', '--analyze']);
    expect(asked[0]?.parameters).toEqual({ query: 'up', time: '0', analyze: 'true' });
    expect(out).toMatch(/\nran in 12\.3 ms: 5,000 samples read, 2 series in the answer\n {2}warning: careful\n$/);
  });

  it('an answer that is no plan is said to be none', async () => {
    const { url } = await gateway(200, { status: 'success' });
    const { status, err } = await promql(['explain', 'up', '--url', url]);
    expect(err).toMatch(/^binnacle: the gateway answered with no plan: /);
    expect(status).toBe(1);
  });
});

describe('times', () => {
  const nowMs = Date.UTC(2026, 0, 1);
  const given: [Parameters<typeof askedTimes>[0], Record<string, string>][] = [
    [{}, { time: '1767225600' }],
    [{ time: '15m' }, { time: '1767224700' }],
    [{ time: 'now-15m' }, { time: '1767224700' }],
    [{ time: '2026-01-01T00:00:00.5Z' }, { time: '1767225600.5' }],
    [{ start: '1h' }, { start: '1767222000', end: '1767225600', step: '60' }],
    [
      { start: '1h', end: '30m', step: '0.5' },
      { start: '1767222000', end: '1767223800', step: '0.5' },
    ],
  ];
  it.each(given)('%j', (flags, times) => {
    expect(askedTimes(flags, nowMs).times).toEqual(times);
  });

  const refused: [Parameters<typeof askedTimes>[0], RegExp][] = [
    [{ time: 'yesterday' }, /^--time must be unix seconds/],
    [{ step: '1m' }, /give --start too/],
    [{ start: '1h', time: '1' }, /give one of them/],
    [{ start: '1h', end: '2h' }, /^--end is before --start$/],
    [{ start: '1h', step: '0' }, /^--step must be a positive duration/],
  ];
  it.each(refused)('%j', (flags, sentence) => {
    expect(() => askedTimes(flags, nowMs)).toThrow(sentence);
  });
});
