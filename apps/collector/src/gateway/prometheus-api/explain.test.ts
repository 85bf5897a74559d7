import { explanation } from '@binnacle/shared/api/explanation.ts';
import { describe, expect, test } from 'vitest';
import { now, openApi } from './open-api.ts';

const seconds = now / 1000;
const door = '/api/binnacle/promql/explain';

describe('a query is explained', () => {
  test('at one moment, over a range, by a form', async () => {
    const app = await openApi();
    const instant = explanation.parse((await app.inject(`${door}?query=sum(gpu_util)&time=${seconds}`)).json());
    expect(instant).toMatchObject({ query: 'sum(gpu_util)', startMs: now, stepMs: 0, steps: 1, ran: null });
    const parameters = { query: 'sum(gpu_util)', start: `${seconds - 600}`, end: `${seconds}`, step: '60' };
    const range = await app.inject({
      method: 'POST',
      url: door,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(parameters).toString(),
    });
    expect(explanation.parse(range.json())).toMatchObject({ stepMs: 60_000, steps: 11, reads: [{ plan: 'stream' }] });
  });

  test('and run, where that is wanted: what it read is counted', async () => {
    const answer = await (await openApi()).inject(`${door}?query=sum(gpu_util)&time=${seconds}&analyze=true`);
    expect(explanation.parse(answer.json())).toMatchObject({
      ran: { resultSeries: 1 },
      reads: [{ actual: { series: 3 } }],
    });
  });

  test.each([
    ['query=sum(', 'invalid parameter "query": 1:5'],
    ['query=up&plan=magic', 'invalid parameter "plan": it must be one of auto, stream, push-down, resample'],
    ['query=up&step=5', 'invalid parameter "start": it is missing'],
    ['', 'invalid parameter "query": it is missing'],
  ])('%s is refused', async (parameters, error) => {
    const answer = await (await openApi()).inject(`${door}?${parameters}`);
    expect(answer.statusCode).toBe(400);
    expect(answer.json()).toMatchObject({
      status: 'error',
      errorType: 'bad_data',
      error: expect.stringContaining(error),
    });
  });
});
