import { createHash } from 'node:crypto';
import type { ScrapeJob } from './config.ts';
import { readAddress } from './target-address.ts';

/** A target as configured or found in a file. Targets with the same key are the same target. */
export interface TargetSpec {
  readonly job: ScrapeJob;
  /** `job/instance`: unique within the receiver. */
  readonly source: string;
  readonly url: URL;
  /** Labels of all its series: those of the job, its own, `job` and `instance`. */
  readonly labels: Readonly<Record<string, string>>;
  /** Where in the interval it is scraped, 0 to 1: from a hash, so that targets spread and keep their place over restarts. */
  readonly hashRatio: number;
  readonly key: string;
}

/** Throws no error for a bad address but returns the sentence. */
export function targetSpec(
  job: ScrapeJob,
  target: {
    readonly address: string;
    readonly instance?: string | undefined;
    readonly labels?: Readonly<Record<string, string>>;
  },
  overrides: { readonly scheme?: string | undefined; readonly path?: string | undefined } = {},
): TargetSpec | string {
  const address = readAddress(target.address, {
    scheme: overrides.scheme ?? job.scheme,
    path: overrides.path ?? job.path,
  });
  if (typeof address === 'string') return address;
  const labels: Record<string, string> = { job: job.job, instance: address.host, ...job.labels, ...target.labels };
  if (target.instance !== undefined) labels.instance = target.instance;
  const source = `${labels.job}/${labels.instance}`;
  const key = JSON.stringify([source, address.url.href, Object.entries(labels).sort()]);
  const hash = createHash('sha256').update(`${source}\n${address.url.href}`).digest().readUInt32BE();
  return { job, source, url: address.url, labels, hashRatio: hash / 2 ** 32, key };
}
