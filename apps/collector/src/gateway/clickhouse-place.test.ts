import { expect, it } from 'vitest';
import { clickhousePlace } from './clickhouse-place.ts';

const settings = { dataDir: '/data', clickhouseUrl: undefined, clickhouseCluster: undefined };

it('is the data directory, or a server, or a cluster of them', () => {
  expect(clickhousePlace(settings)).toEqual({ dataDir: '/data/telemetry' });
  const clickhouseUrl = 'http://harbour:p%40ss@ch:8123/binnacle';
  const server = { url: 'http://ch:8123/binnacle', username: 'harbour', password: 'p@ss' };
  expect(clickhousePlace({ ...settings, clickhouseUrl })).toEqual(server);
  expect(clickhousePlace({ ...settings, clickhouseUrl, clickhouseCluster: 'gpu-telemetry' })).toEqual({
    ...server,
    cluster: 'gpu-telemetry',
  });
});

it('refuses a cluster without a server, and a name that is none', () => {
  expect(() => clickhousePlace({ ...settings, clickhouseCluster: 'c' })).toThrow(/CLICKHOUSE_CLUSTER.*CLICKHOUSE_URL/);
  const named = (clickhouseCluster: string) => () =>
    clickhousePlace({ ...settings, clickhouseUrl: 'http://ch:8123', clickhouseCluster });
  for (const name of ["it's", 'a b', "c')", '{cluster}']) expect(named(name)).toThrow(/letters, digits/);
});
