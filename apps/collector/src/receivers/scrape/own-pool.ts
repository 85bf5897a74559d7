import { acceptHeader, defaultProtocols } from './accept-header.ts';
import type { ScrapeJob } from './config.ts';
import { FileTargets } from './discovery/file-targets.ts';
import { StaticTargets } from './discovery/static-targets.ts';
import type { ScrapePool } from './pool.ts';
import { presets } from './presets/preset.ts';

/** The pool of an entry of `jobs`. */
export function ownPool(job: ScrapeJob, options: { readonly extraMetrics: boolean }): ScrapePool {
  const { tokenFile, basicAuth } = job;
  return {
    name: job.job,
    syntax: 'own',
    intervalSeconds: job.intervalSeconds,
    timeoutSeconds: job.timeoutSeconds,
    scheme: job.scheme,
    path: job.path,
    params: {},
    honorLabels: job.honorLabels,
    honorTimestamps: job.honorTimestamps,
    trackTimestampsStaleness: false,
    sampleLimit: job.sampleLimit,
    targetLimit: 0,
    labelLimit: 0,
    labelNameLengthLimit: 0,
    labelValueLengthLimit: 0,
    bodyLimitBytes: job.bodyLimitBytes,
    keepDroppedTargets: 0,
    accept: acceptHeader(defaultProtocols),
    enableCompression: true,
    client: {
      authorization: tokenFile === undefined ? undefined : { type: 'Bearer', credentialsFile: tokenFile },
      basicAuth,
      tls: { caFile: job.caFile },
      // Credentials must not travel to where somebody points.
      followRedirects: false,
    },
    makeProviders: ({ changed, log }) => [
      new StaticTargets(job.targets.map((item) => groupOf(job, typeof item === 'string' ? { address: item } : item))),
      ...(job.fileSd.length === 0
        ? []
        : [
            new FileTargets({
              patterns: job.fileSd,
              refreshSeconds: job.fileSdRefreshSeconds,
              labels: job.labels,
              changed,
              log,
            }),
          ]),
    ],
    relabel: undefined,
    metricRelabel: undefined,
    preset: job.preset === undefined ? {} : presets[job.preset],
    metricDrop: job.metricDrop.map((pattern) => new RegExp(`^(?:${pattern})$`)),
    defaultLabels: {},
    extraMetrics: options.extraMetrics,
  };
}

type OwnTarget = Exclude<ScrapeJob['targets'][number], string>;

function groupOf(
  job: ScrapeJob,
  { address, instance, labels }: { address: string; instance?: OwnTarget['instance']; labels?: OwnTarget['labels'] },
) {
  const target = { ...labels, __address__: address, ...(instance === undefined ? {} : { instance }) };
  return { labels: job.labels, targets: [target] };
}
