import { dirname, isAbsolute, join } from 'node:path';
import { acceptHeader, defaultProtocols } from '../accept-header.ts';
import { FileTargets } from '../discovery/file-targets.ts';
import { HttpTargets } from '../discovery/http-targets.ts';
import { KubernetesTargets } from '../discovery/kubernetes/kubernetes-targets.ts';
import type { TargetProvider } from '../discovery/provider.ts';
import { StaticTargets } from '../discovery/static-targets.ts';
import type { ProviderContext, ScrapePool } from '../pool.ts';
import { compileRelabelling } from '../relabel/relabel.ts';
import { clientOptions } from './http-client.ts';
import type { ResolvedEntry } from './resolve.ts';

/** "No limit" still must not fill the memory. */
const largestBodyBytes = 256 * 1024 * 1024;

/** The pool of a scrape config in Prometheus' syntax. */
export function poolOf(resolved: ResolvedEntry, options: { readonly extraMetrics: boolean }): ScrapePool {
  const { entry, limits, file } = resolved;
  const resolvePath = (path: string) => (file === undefined || isAbsolute(path) ? path : join(dirname(file), path));
  return {
    name: entry.job_name,
    syntax: 'prometheus',
    intervalSeconds: resolved.intervalSeconds,
    timeoutSeconds: resolved.timeoutSeconds,
    scheme: entry.scheme,
    path: entry.metrics_path,
    params: entry.params,
    honorLabels: entry.honor_labels,
    honorTimestamps: entry.honor_timestamps,
    trackTimestampsStaleness: entry.track_timestamps_staleness,
    sampleLimit: limits.sample_limit,
    targetLimit: limits.target_limit,
    labelLimit: limits.label_limit,
    labelNameLengthLimit: limits.label_name_length_limit,
    labelValueLengthLimit: limits.label_value_length_limit,
    bodyLimitBytes: limits.body_size_limit === 0 ? largestBodyBytes : limits.body_size_limit,
    keepDroppedTargets: limits.keep_dropped_targets === 0 ? 1000 : limits.keep_dropped_targets,
    accept: acceptHeader(resolved.protocols ?? defaultProtocols),
    enableCompression: entry.enable_compression,
    client: clientOptions(entry, resolvePath),
    makeProviders: (context) => providersOf(resolved, resolvePath, context),
    relabel: compileRelabelling(entry.relabel_configs),
    metricRelabel: compileRelabelling(entry.metric_relabel_configs),
    preset: {},
    metricDrop: [],
    defaultLabels: resolved.defaultLabels,
    extraMetrics: options.extraMetrics,
  };
}

function providersOf(
  { entry }: ResolvedEntry,
  resolvePath: (path: string) => string,
  { changed, log }: ProviderContext,
): TargetProvider[] {
  const fixed = entry.static_configs.map(({ targets, labels }) => ({
    labels,
    targets: targets.map((address) => ({ __address__: address })),
  }));
  return [
    ...(fixed.length > 0 ? [new StaticTargets(fixed)] : []),
    ...entry.file_sd_configs.map(
      ({ files, refresh_interval: refreshSeconds }) =>
        new FileTargets({ patterns: files.map(resolvePath), refreshSeconds, changed, log }),
    ),
    ...entry.http_sd_configs.map(
      (config) =>
        new HttpTargets({
          url: new URL(config.url),
          refreshSeconds: config.refresh_interval,
          client: clientOptions(config, resolvePath),
          changed,
          log,
        }),
    ),
    ...entry.kubernetes_sd_configs.map(
      (config) =>
        new KubernetesTargets({
          role: config.role,
          apiServer: config.api_server,
          client: clientOptions(config, resolvePath),
          namespaces: config.namespaces.names,
          ownNamespace: config.namespaces.own_namespace,
          selectors: config.selectors,
          attachNode: config.attach_metadata.node,
          attachNamespace: config.attach_metadata.namespace,
          changed,
          log,
        }),
    ),
  ];
}
