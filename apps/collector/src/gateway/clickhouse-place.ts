import path from 'node:path';
import type { StorePlace } from '@binnacle/db/telemetry/store.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { GatewaySettings } from '../config/settings.ts';

/** Where the telemetry store is: a ClickHouse by its URL, whose user and password go apart, or a folder of the data directory. */
export function clickhousePlace(settings: Pick<GatewaySettings, 'clickhouseUrl' | 'dataDir'>): StorePlace {
  const { clickhouseUrl, dataDir } = settings;
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
  return { url: url.href, ...(username === '' ? {} : { username }), ...(password === '' ? {} : { password }) };
}
