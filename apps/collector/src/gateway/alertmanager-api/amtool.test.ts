import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { State } from '@binnacle/db/state/open-state.ts';
import { startTestPostgres, type TestPostgres } from '@binnacle/db/state/testing/state-for-tests.ts';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSilences } from '../../alerts/silences/silence-store.ts';
import { ruleRow, TestClock, TestQueries, testEvaluator } from '../../alerts/testing/alert-bench.ts';
import { limitsWith } from '../../pipeline/limits.ts';
import { createAuthorize } from '../authentication.ts';
import { createServer } from '../server.ts';
import { registerAlertmanagerApi } from './register.ts';

const withAmtool = spawnSync('amtool', ['--version'], { stdio: 'ignore' }).status === 0;

let postgres: TestPostgres;
let state: State;
let url: string;
const ending: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  ending.push(() => postgres.remove());
  state = await postgres.freshState();
  const queries = new TestQueries();
  queries.results.set(
    'Hot',
    ['0', '1'].map((gpu) => ({ labels: { gpu }, value: 90 })),
  );
  await state.prisma.alertRule.create({ data: ruleRow('Hot') });
  const clock = new TestClock();
  clock.ms = Date.now();
  const evaluator = testEvaluator(state, queries, clock);
  ending.push(() => evaluator.stop());
  await evaluator.runOnce();
  const app = createServer({
    authorize: createAuthorize({ host: '127.0.0.1', apiKey: undefined, verifyKey: async () => undefined }),
    limits: limitsWith(),
    log: pino({ level: 'silent' }),
  });
  ending.push(() => app.close());
  const source = {
    silences: createSilences(state, Date.now, () => undefined),
    firing: async () => evaluator.rules().flatMap(({ instances }) => instances),
  };
  await registerAlertmanagerApi(app, { source: () => source, version: '1.2.3', now: Date.now });
  url = await app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  for (const end of ending.reverse()) await end();
});

describe.skipIf(!withAmtool)('amtool (skipped where prometheus-alertmanager is not installed)', () => {
  const amtool = async (...given: string[]) =>
    (await promisify(execFile)('amtool', [`--alertmanager.url=${url}`, ...given])).stdout.trim();

  it('lists alerts, silences some, finds, changes and ends the silence', async () => {
    const listed = async (...given: string[]) =>
      (JSON.parse(await amtool('-o', 'json', 'alert', 'query', ...given)) as { labels: { gpu: string } }[])
        .map(({ labels }) => labels.gpu)
        .sort();
    expect(await listed()).toEqual(['0', '1']);
    expect(await listed('gpu=~"1|2"')).toEqual(['1']);
    const id = await amtool('silence', 'add', 'alertname=Hot', 'gpu=1', '-c', 'a new fan', '-a', 'ada', '-d', '1h');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    expect(await listed()).toEqual(['0']);
    expect(await listed('--silenced')).toEqual(['1']);
    const [silence] = JSON.parse(await amtool('-o', 'json', 'silence', 'query', 'gpu=1'));
    expect(silence).toMatchObject({ id, comment: 'a new fan', createdBy: 'ada', status: { state: 'active' } });
    expect(await amtool('silence', 'query', '-q', 'gpu=0')).toBe('');
    await amtool('silence', 'update', '-d', '2h', id);
    const [longer] = JSON.parse(await amtool('-o', 'json', 'silence', 'query'));
    expect(longer.id).toBe(id);
    expect(Date.parse(longer.endsAt) - Date.parse(silence.endsAt)).toBeGreaterThan(3_000_000);
    await amtool('silence', 'expire', id);
    expect(await listed()).toEqual(['0', '1']);
    expect(await amtool('silence', 'query', '-q', '--expired', '--within', '1h')).toBe(id);
  });

  it('is told why a silence is refused', async () => {
    await expect(amtool('silence', 'add', 'gpu=~.*', '-c', 'x', '-a', 'ada')).rejects.toThrow(
      /does not match the empty value/,
    );
    await expect(amtool('silence', 'expire', '00000000-0000-4000-8000-000000000000')).rejects.toThrow();
  });

  it('shows the status', async () => {
    expect(await amtool('cluster', 'show')).toContain('disabled');
  });
});

it('answers errors as a JSON string, and refuses a body that is no silence', async () => {
  const missing = await fetch(`${url}/api/v2/silence/00000000-0000-4000-8000-000000000000`);
  expect([missing.status, typeof (await missing.json())]).toEqual([404, 'string']);
  const post = (body: object) =>
    fetch(`${url}/api/v2/silences`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await post({ matchers: [] })).status).toBe(400);
  expect((await fetch(`${url}/api/v2/silences?filter=gpu`)).status).toBe(400);
});
