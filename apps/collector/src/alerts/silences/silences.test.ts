import type { State } from '@binnacle/db/state/open-state.ts';
import { startTestPostgres, type TestPostgres } from '@binnacle/db/state/testing/state-for-tests.ts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test } from 'vitest';
import type { Evaluator } from '../evaluator.ts';
import {
  ruleRow,
  startReceiver,
  TestClock,
  type TestOutbox,
  TestQueries,
  type TestReceiver,
  testEvaluator,
  testOutbox,
} from '../testing/alert-bench.ts';
import { compileSilenceMatchers, parseMatchers } from './silence.ts';
import { createSilences, type Silences } from './silence-store.ts';

describe('matchers', () => {
  test.each([
    ['alertname=Hot', { alertname: 'Hot' }, true],
    ['alertname="Hot"', { alertname: 'Hotter' }, false],
    ['{gpu=~"[01]", team!="infra"}', { gpu: '1' }, true],
    ['{gpu=~"[01]", team!="infra"}', { gpu: '1', team: 'infra' }, false],
    ['gpu!~"1|2"', { gpu: '12' }, true],
    ['"größe x"="a\\"b,c"', { 'größe x': 'a"b,c' }, true],
    ['gone=""', {}, true],
  ])('%s of %j is %s', (text, labels, expected) => {
    expect(compileSilenceMatchers(parseMatchers(text))(labels as Record<string, string>)).toBe(expected);
  });

  test.each(['alertname', '=x', 'a==~b"', 'a="b" c="d"', 'a=~"("'])('refuses %s', (text) => {
    expect(() => compileSilenceMatchers(parseMatchers(text))).toThrow(/matcher/);
  });
});

describe('a silence', () => {
  let postgres: TestPostgres;
  let state: State;
  let clock: TestClock;
  let receiver: TestReceiver;
  let silences: Silences;
  let outbox: TestOutbox;
  let queries: TestQueries;
  let evaluator: Evaluator;

  beforeAll(async () => {
    postgres = await startTestPostgres();
    state = await postgres.freshState();
  });
  afterAll(() => postgres?.remove());
  beforeEach(async () => {
    await postgres.empty(state);
    clock = new TestClock();
    receiver = await startReceiver();
    silences = createSilences(state, clock.now, () => undefined);
    outbox = testOutbox(state, clock, (labels) => silences.holding(labels));
    queries = new TestQueries();
    evaluator = testEvaluator(state, queries, clock);
    await state.prisma.notificationChannel.create({ data: { name: 'ops', kind: 'slack', url: receiver.url } });
    await state.prisma.alertRule.create({ data: ruleRow('Hot') });
  });
  afterEach(async () => {
    await evaluator.stop();
    await outbox.close();
    await receiver.close();
  });

  const begin = (minutes: number, text = 'gpu="1"') =>
    silences.put({
      matchers: parseMatchers(text),
      startsAtMs: clock.ms,
      endsAtMs: clock.ms + minutes * 60_000,
      createdBy: 'ada',
      comment: 'a new fan',
    });
  async function hot(...gpus: string[]): Promise<void> {
    queries.results.set(
      'Hot',
      gpus.map((gpu) => ({ labels: { gpu }, value: 90 })),
    );
    clock.pass(15);
    await evaluator.runOnce();
    while ((await outbox.runOnce()) > 0);
  }
  const told = () =>
    receiver.received.map(
      ({ body }) => `${/Firing|Resolved/i.exec(body)?.[0]?.toLowerCase()} ${/gpu\*\\n(\d)/.exec(body)?.[1]}`,
    );

  it('holds back what it matches, and nothing else, until it ends', async () => {
    await begin(10);
    await hot('1', '2');
    expect(told()).toEqual(['firing 2']);
    expect((await outbox.health())?.queued).toBe(0);
    clock.pass(600);
    await hot('1', '2');
    expect(told()).toEqual(['firing 2', 'firing 1']);
  });

  it('that is ended early lets go of it at once', async () => {
    const id = await begin(10);
    await hot('1');
    expect(told()).toEqual([]);
    await silences.expire(id);
    await hot('1');
    expect(told()).toEqual(['firing 1']);
    expect(await silences.get(id)).toMatchObject({ endsAtMs: clock.ms - 15_000 });
  });

  it('says nothing of an alert that was over before it', async () => {
    await begin(10);
    await hot('1');
    await hot();
    clock.pass(600);
    await hot();
    expect(told()).toEqual([]);
    expect((await state.prisma.delivery.findMany()).map((row) => row.state)).toEqual(['canceled', 'canceled']);
  });

  it('does not keep the end of an alert from those who know of it', async () => {
    await hot('1');
    await begin(10);
    await hot();
    expect(told()).toEqual(['firing 1', 'resolved 1']);
  });

  it('that is made longer holds on; with other matchers it becomes another one', async () => {
    const id = await begin(10);
    const draft = { startsAtMs: clock.ms, createdBy: 'ada', comment: 'two fans' };
    const matchers = parseMatchers('gpu="1"');
    expect(await silences.put({ ...draft, id, matchers, endsAtMs: clock.ms + 1_200_000 })).toBe(id);
    await hot('1');
    clock.pass(700);
    await hot('1');
    expect(told()).toEqual([]);
    const other = await silences.put({
      ...draft,
      id,
      matchers: parseMatchers('gpu="2"'),
      endsAtMs: clock.ms + 600_000,
    });
    expect(other).not.toBe(id);
    await hot('1', '2');
    expect(told()).toEqual(['firing 1']);
    expect((await silences.list()).map((silence) => [silence.id, silence.endsAtMs > clock.ms])).toEqual([
      [other, true],
      [id, false],
    ]);
  });

  it.each([
    ['matches everything', { matchers: parseMatchers('gpu=~".*"') }],
    ['has no matcher', { matchers: [] }],
    ['ends before it begins', { endsAtMs: 0 }],
    ['has a regular expression that is none', { matchers: parseMatchers('gpu=~"("') }],
  ])('that %s is refused', async (_, wrong) => {
    const right = {
      matchers: parseMatchers('gpu="1"'),
      startsAtMs: clock.ms,
      endsAtMs: clock.ms + 1,
      createdBy: 'a',
      comment: '',
    };
    await expect(silences.put({ ...right, ...wrong })).rejects.toMatchObject({ code: 'bad_request' });
    await expect(silences.expire('00000000-0000-4000-8000-000000000000')).rejects.toMatchObject({ code: 'not_found' });
    expect(await silences.list()).toEqual([]);
  });
});
