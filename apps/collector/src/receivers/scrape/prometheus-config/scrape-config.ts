import { z } from 'zod';
import { scrapeProtocolNames } from '../accept-header.ts';
import { relabelRule } from '../relabel/rule.ts';
import { fileSdConfig, httpSdConfig, kubernetesSdConfig, staticConfig } from './discovery.ts';
import { checkHttpClient, httpClientShape, unsupportedClientKeys } from './http-client.ts';
import { durationOption, sizeOption } from './quantities.ts';
import { strictWith } from './strict.ts';

const limit = z.int().min(0);
const nativeHistograms = 'native histograms are not stored; classic ones are';
const discoverOtherwise = 'use file_sd_configs, http_sd_configs or kubernetes_sd_configs';

const unsupported: Readonly<Record<string, string>> = {
  ...unsupportedClientKeys,
  ...Object.fromEntries(
    [
      'azure',
      'consul',
      'digitalocean',
      'dns',
      'docker',
      'dockerswarm',
      'ec2',
      'eureka',
      'gce',
      'hetzner',
      'ionos',
      'kuma',
      'lightsail',
      'linode',
      'marathon',
      'nerve',
      'nomad',
      'openstack',
      'ovhcloud',
      'puppetdb',
      'scaleway',
      'serverset',
      'stackit',
      'triton',
      'uyuni',
      'vultr',
    ].map((name) => [`${name}_sd_configs`, discoverOtherwise]),
  ),
  native_histogram_bucket_limit: nativeHistograms,
  native_histogram_min_bucket_factor: nativeHistograms,
  convert_classic_histograms_to_nhcb: nativeHistograms,
  scrape_failure_log_file: 'the Sources page and the log say why a scrape failed',
  metric_name_escaping_scheme: 'names are taken as the target writes them',
  metric_name_validation_scheme: 'names are taken as the target writes them',
};

const limits = {
  sample_limit: limit.optional().describe('A target with more samples than this fails as a whole; 0 is no limit.'),
  target_limit: limit.optional().describe('With more targets than this all scrapes of the job fail; 0 is no limit.'),
  label_limit: limit.optional().describe('More labels on a series than this fail the scrape; 0 is no limit.'),
  label_name_length_limit: limit.optional().describe('A longer label name, in bytes, fails the scrape; 0 is no limit.'),
  label_value_length_limit: limit
    .optional()
    .describe('A longer label value, in bytes, fails the scrape; 0 is no limit.'),
  body_size_limit: sizeOption
    .optional()
    .describe('A longer body, uncompressed, fails the scrape; 0 (default) is 256 MiB here.'),
  keep_dropped_targets: limit.optional().describe('Targets dropped by relabelling that are shown; default 1000.'),
  scrape_interval: durationOption.optional().describe('Time between two scrapes; default 1m.'),
  scrape_timeout: durationOption
    .optional()
    .describe('Time after which a scrape is given up; default 10s, or the interval where that is shorter.'),
  scrape_protocols: z
    .array(z.enum(scrapeProtocolNames))
    .min(1)
    .optional()
    .describe('Formats that are asked for, the preferred one first.'),
};

/** `global` of a prometheus.yml, as far as it concerns scraping; the rest is taken and has no effect. */
export const globalConfig = strictWith(
  {
    ...limits,
    evaluation_interval: durationOption.optional().describe('Taken and without effect: rules are not read.'),
    external_labels: z
      .record(z.string().min(1), z.union([z.string(), z.number(), z.boolean()]).transform(String))
      .default({})
      .describe('Labels for series that lack them, as Prometheus adds them at remote write.'),
    query_log_file: z.string().optional().describe('Taken and without effect.'),
    runtime: z.looseObject({}).optional().describe('Taken and without effect.'),
    rule_query_offset: z.string().optional().describe('Taken and without effect: rules are not read.'),
  },
  { ...unsupported },
);

/** One entry of `scrape_configs`, as it stands in a prometheus.yml. */
export const scrapeEntry = strictWith(
  {
    job_name: z.string().min(1).max(256).describe('Label `job`, unless relabelling says otherwise.'),
    ...limits,
    metrics_path: z.string().min(1).default('/metrics').describe('Path that is scraped; default /metrics.'),
    scheme: z.enum(['http', 'https']).default('http').describe('http (default) or https.'),
    params: z
      .record(z.string(), z.array(z.union([z.string(), z.number(), z.boolean()]).transform(String)))
      .default({})
      .describe('Parameters of the URL.'),
    honor_labels: z
      .boolean()
      .default(false)
      .describe("true: the target's own labels win; false (default): they are kept as `exported_…`."),
    honor_timestamps: z.boolean().default(true).describe("Take the target's timestamps; default true."),
    track_timestamps_staleness: z
      .boolean()
      .default(false)
      .describe('Stale markers also for series with timestamps of their own; default false.'),
    enable_compression: z.boolean().default(true).describe('Ask for gzip; default true.'),
    fallback_scrape_protocol: z
      .enum(scrapeProtocolNames)
      .optional()
      .describe('Format of an answer without a known content type; default text.'),
    scrape_classic_histograms: z.boolean().optional().describe('Taken and without effect: they always are.'),
    always_scrape_classic_histograms: z.boolean().optional().describe('Taken and without effect: they always are.'),
    scrape_native_histograms: z.literal(false).optional().describe('Native histograms are not stored.'),
    ...httpClientShape,
    static_configs: z.array(staticConfig).default([]).describe('Targets that stand here.'),
    file_sd_configs: z.array(fileSdConfig).default([]).describe('Targets from files.'),
    http_sd_configs: z.array(httpSdConfig).default([]).describe('Targets from an HTTP endpoint.'),
    kubernetes_sd_configs: z.array(kubernetesSdConfig).default([]).describe('Targets from a Kubernetes API server.'),
    relabel_configs: z.array(relabelRule).default([]).describe('Rules for the labels of targets.'),
    metric_relabel_configs: z.array(relabelRule).default([]).describe('Rules for the labels of series.'),
  },
  unsupported,
).superRefine((config, issues) => {
  checkHttpClient(config, issues);
  if (
    config.scrape_timeout !== undefined &&
    config.scrape_interval !== undefined &&
    config.scrape_timeout > config.scrape_interval
  )
    issues.addIssue({ code: 'custom', path: ['scrape_timeout'], message: 'longer than the scrape interval' });
});

export type ScrapeEntry = z.infer<typeof scrapeEntry>;
export type GlobalConfig = z.infer<typeof globalConfig>;
