import path from 'node:path';
import type { StorePlace } from '@binnacle/db/telemetry/store.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { GatewaySettings } from '../config/settings.ts';

/** Where the telemetry store is: a ClickHouse by its URL, whose user and password go apart, or a folder of the data directory. Errors: `bad_config`. */
export function clickhousePlace(
  settings: Pick<GatewaySettings, 'clickhouseUrl' | 'clickhouseCluster' | 'dataDir'>,
): StorePlace {
  const { clickhouseUrl, clickhouseCluster, dataDir } = settings;
  if (clickhouseCluster !== undefined) checkCluster(clickhouseUrl, clickhouseCluster);
  if (clickhouseUrl === undefined) return { dataDir: path.join(dataDir, 'telemetry') };
  if (!URL.canParse(clickhouseUrl)) {
    throw new BinnacleError(
      'bad_config',
      'CLICKHOUSE_URL is not a URL, such as http://user:password@host:8123/binnacle',
    );
  }
  const url = new URL(clickhouseUrl);
  const username = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  url.username = '';
  url.password = '';
  return {
    url: url.href,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(clickhouseCluster === undefined ? {} : { cluster: clickhouseCluster }),
  };
}

function checkCluster(clickhouseUrl: string | undefined, cluster: string): void {
  if (clickhouseUrl === undefined) {
    throw new BinnacleError(
      'bad_config',
      'CLICKHOUSE_CLUSTER (gateway.clickhouseCluster) names a cluster of ClickHouse servers, and CLICKHOUSE_URL names none of them: set both, or neither',
    );
  }
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$/.test(cluster)) {
    throw new BinnacleError(
      'bad_config',
      'CLICKHOUSE_CLUSTER must be a name of letters, digits, _, . and -, as it stands in remote_servers of ClickHouse',
    );
  }
}
