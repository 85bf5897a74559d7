import { createHash } from 'node:crypto';
import type { TargetGroup } from './discovery/provider.ts';
import type { ScrapePool } from './pool.ts';
import { durationSeconds, durationText } from './prometheus-config/quantities.ts';
import { readAddress } from './target-address.ts';

/** A target as it is scraped. Targets with the same key are the same target. */
export interface TargetSpec {
  readonly pool: ScrapePool;
  /** `job/instance`; targets of Prometheus' syntax that share both have a part of their key behind it. */
  readonly source: string;
  readonly url: URL;
  /** Labels of all its series. */
  readonly labels: Readonly<Record<string, string>>;
  /** Labels as they were found, before relabelling. */
  readonly discovered: Readonly<Record<string, string>>;
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  /** Where in the interval it is scraped, 0 to 1: from a hash, so that targets spread and keep their place over restarts. */
  readonly hashRatio: number;
  readonly key: string;
}

/** What becomes of a target that was found. */
export type FoundTarget =
  | { readonly kind: 'scraped'; readonly spec: TargetSpec }
  | { readonly kind: 'dropped'; readonly discovered: Readonly<Record<string, string>> }
  | { readonly kind: 'fault'; readonly sentence: string };

const fault = (sentence: string): FoundTarget => ({ kind: 'fault', sentence });

/** Applies a pool's defaults and relabelling to a target that a provider found, in Prometheus' order. */
export function findTarget(
  pool: ScrapePool,
  group: TargetGroup['labels'],
  target: TargetGroup['targets'][number],
): FoundTarget {
  const labels = new Map<string, string>();
  for (const [name, value] of Object.entries({ ...group, ...target })) if (value !== '') labels.set(name, value);
  const fill = (name: string, value: string) => {
    if (!labels.has(name) && value !== '') labels.set(name, value);
  };
  fill('job', pool.name);
  fill('__scrape_interval__', durationText(pool.intervalSeconds));
  fill('__scrape_timeout__', durationText(pool.timeoutSeconds));
  fill('__scheme__', pool.scheme);
  fill('__metrics_path__', pool.path);
  for (const [name, values] of Object.entries(pool.params)) fill(`__param_${name}`, values[0] ?? '');
  const discovered = Object.fromEntries(labels);
  if (pool.relabel?.(labels) === false) return { kind: 'dropped', discovered };
  const address = labels.get('__address__');
  if (address === undefined) return fault('a target has no address after relabelling');
  const url = urlOf(pool, address, labels);
  if (typeof url === 'string') return fault(url);
  const times = timesOf(pool, labels);
  if (typeof times === 'string') return fault(`${address}: ${times}`);
  const shown = Object.fromEntries([...labels].filter(([name]) => !name.startsWith('__')));
  shown.instance ??= pool.syntax === 'own' ? hostWithPort(url) : address;
  return { kind: 'scraped', spec: specOf(pool, url, shown, discovered, times) };
}

function urlOf(pool: ScrapePool, address: string, labels: ReadonlyMap<string, string>): URL | string {
  const scheme = labels.get('__scheme__') ?? 'http';
  const path = labels.get('__metrics_path__') ?? '/';
  if (pool.syntax === 'own') {
    const read = readAddress(address, { scheme, path });
    return typeof read === 'string' ? read : withParameters(read.url, pool, labels);
  }
  if (scheme !== 'http' && scheme !== 'https') return `${address}: "${scheme}" is neither http nor https`;
  if (/[/?#@\s]/.test(address) || !URL.canParse(`${scheme}://${address}`))
    return `"${address.slice(0, 100)}" is not a host with a port`;
  const url = new URL(`${scheme}://${address}`);
  url.pathname = path;
  return withParameters(url, pool, labels);
}

function withParameters(url: URL, pool: ScrapePool, labels: ReadonlyMap<string, string>): URL {
  const parameters = new Map(Object.entries(pool.params).map(([name, values]) => [name, [...values]]));
  for (const [name, value] of labels) {
    if (!name.startsWith('__param_')) continue;
    const key = name.slice('__param_'.length);
    parameters.set(key, [value, ...(parameters.get(key) ?? []).slice(1)]);
  }
  for (const [name, values] of [...parameters].sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const value of values) url.searchParams.append(name, value);
  }
  return url;
}

function timesOf(pool: ScrapePool, labels: ReadonlyMap<string, string>): [number, number] | string {
  const read = (name: string, own: number) => {
    const text = labels.get(name);
    if (text === undefined || text === durationText(own)) return own;
    return durationSeconds(text) ?? 0;
  };
  const interval = read('__scrape_interval__', pool.intervalSeconds);
  const timeout = read('__scrape_timeout__', pool.timeoutSeconds);
  if (interval <= 0) return '__scrape_interval__ is not a duration';
  if (timeout <= 0) return '__scrape_timeout__ is not a duration';
  return timeout > interval ? '__scrape_timeout__ is longer than __scrape_interval__' : [interval, timeout];
}

function specOf(
  pool: ScrapePool,
  url: URL,
  labels: Readonly<Record<string, string>>,
  discovered: Readonly<Record<string, string>>,
  [intervalSeconds, timeoutSeconds]: [number, number],
): TargetSpec {
  const source = `${labels.job ?? pool.name}/${labels.instance}`;
  const key = JSON.stringify([source, url.href, intervalSeconds, timeoutSeconds, Object.entries(labels).sort()]);
  const hash = createHash('sha256').update(`${source}\n${url.href}`).digest().readUInt32BE();
  const hashRatio = hash / 2 ** 32;
  return { pool, source, url, labels, discovered, intervalSeconds, timeoutSeconds, hashRatio, key };
}

/** The default port is written out, as own jobs have always had it in `instance`. */
function hostWithPort(url: URL): string {
  return `${url.hostname}:${url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port}`;
}
