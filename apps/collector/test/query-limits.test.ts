import { expect, test } from 'vitest';
import { startGateway } from './gateway-process.ts';

test('limits of queries come from the config file, and the flags tell them', async () => {
  const gateway = await startGateway(
    'receivers: {}\ngateway:\n  queries: {maxPoints: 50, maxSamples: 1000, timeoutSeconds: 5}\n',
  );
  try {
    const ask = async (path: string) => {
      const answer = await fetch(`${gateway.url}/api/v1/${path}`);
      return { status: answer.status, body: (await answer.json()) as object };
    };
    expect((await ask('status/flags')).body).toMatchObject({
      data: {
        'query.max-samples': '1000',
        'query.timeout': '5s',
        'binnacle.query.max-points': '50',
        'binnacle.query.max-series': '100000',
        'binnacle.query.store-memory-bytes': '1073741824',
      },
    });
    expect(await ask('query_range?query=1&start=0&end=100&step=1')).toMatchObject({
      status: 400,
      body: { errorType: 'bad_data', error: expect.stringContaining('50 points per timeseries') },
    });
    expect(await ask('query?query=count_over_time(vector(1)[1h:1s])')).toMatchObject({
      status: 422,
      body: { errorType: 'execution', error: expect.stringContaining('at once, more than 1000') },
    });
  } finally {
    await gateway.stop();
  }
}, 90_000);
