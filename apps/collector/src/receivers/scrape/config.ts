import { z } from 'zod';
import { intervalOption, labelsOption, timeoutOption } from '../polling/options.ts';
import { presetNames } from './presets/preset.ts';
import { readPrometheusFile } from './prometheus-config/config-file.ts';
import { type ResolvedEntry, resolveEntry } from './prometheus-config/resolve.ts';
import { globalConfig, scrapeEntry } from './prometheus-config/scrape-config.ts';
import { readAddress } from './target-address.ts';

const mebibyte = 1024 * 1024;

const address = z
  .string()
  .min(1)
  .max(2048)
  .superRefine((text, issues) => {
    const result = readAddress(text, { scheme: 'http', path: '/metrics' });
    if (typeof result === 'string') issues.addIssue({ code: 'custom', message: result });
  });

const target = z.union([
  address,
  z.strictObject({
    address: address.describe('`host:port`, or a URL with a path of its own.'),
    instance: z
      .string()
      .min(1)
      .max(512)
      .optional()
      .describe('Label `instance`; default: host and port of the address.'),
    labels: labelsOption,
  }),
]);

const pattern = z
  .string()
  .min(1)
  .max(1024)
  .refine((text) => {
    try {
      new RegExp(text);
      return true;
    } catch {
      return false;
    }
  }, 'a regular expression');

const file = z
  .string()
  .min(1)
  .regex(
    /^[^*]*(\/|^)[^/]*\.(json|ya?ml)$/,
    'a path to a .json, .yml or .yaml file; `*` is allowed in the file name only',
  );

const job = z
  .strictObject({
    job: z.string().min(1).max(256).optional().describe('Label `job`; default: the name of the preset.'),
    preset: z
      .enum(presetNames)
      .optional()
      .describe('Brings the names and labels of all versions of a known exporter together; see the README.'),
    targets: z
      .array(target)
      .max(10_000)
      .default([])
      .describe('What to scrape: `host:port`, a URL, or a map with address, instance and labels.'),
    fileSd: z
      .array(file)
      .max(64)
      .default([])
      .describe("Files with lists of targets in the format of Prometheus' file_sd (JSON or YAML); watched."),
    fileSdRefreshSeconds: z
      .number()
      .min(0.05)
      .max(86_400)
      .default(300)
      .describe('Seconds between two readings of the files besides the watching; default 300.'),
    labels: labelsOption,
    intervalSeconds: intervalOption(15),
    timeoutSeconds: timeoutOption(10).describe(
      'Seconds after which a scrape is given up, at most the interval; default 10.',
    ),
    scheme: z.enum(['http', 'https']).default('http').describe('Scheme of targets given as `host:port`; default http.'),
    path: z
      .string()
      .regex(/^\//, 'a path that begins with /')
      .default('/metrics')
      .describe('Path of targets given as `host:port`; default /metrics.'),
    honorLabels: z
      .boolean()
      .default(false)
      .describe("true: the exposition's own `job`, `instance`, … win. false (default): they are kept as `exported_…`."),
    honorTimestamps: z.boolean().default(true).describe('Take timestamps that stand in the exposition; default true.'),
    metricDrop: z
      .array(pattern)
      .max(256)
      .default([])
      .describe('Regular expressions of metric names, matched in full, whose series are left out.'),
    sampleLimit: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(50_000)
      .describe('A target with more samples than this fails as a whole; default 50000.'),
    bodyLimitBytes: z
      .int()
      .min(1024)
      .max(512 * mebibyte)
      .default(64 * mebibyte)
      .describe('A longer body, before or after decompression, fails the scrape; default 67108864 (64 MiB).'),
    tokenFile: z.string().min(1).optional().describe('File with a bearer token; read anew for each scrape.'),
    basicAuth: z
      .strictObject({
        username: z.string().min(1).describe('User name.'),
        passwordFile: z.string().min(1).describe('File with the password; read anew for each scrape.'),
      })
      .optional()
      .describe('Basic authentication; the password comes from a file.'),
    caFile: z.string().min(1).optional().describe('File with the certificate authority of https targets.'),
  })
  .superRefine((value, issues) => {
    const complain = (path: string, message: string) => issues.addIssue({ code: 'custom', path: [path], message });
    if (value.job === undefined && value.preset === undefined) complain('job', 'required where there is no preset');
    if (value.tokenFile !== undefined && value.basicAuth !== undefined)
      complain('basicAuth', 'either this or tokenFile');
  })
  .transform((value) => ({
    ...value,
    job: value.job ?? (value.preset as string),
    timeoutSeconds: Math.min(value.timeoutSeconds, value.intervalSeconds),
  }));

const jobs = z
  .array(job)
  .max(1000)
  .superRefine((jobs, issues) => {
    const seen = new Set<string>();
    for (const [index, one] of jobs.entries()) {
      for (const [at, item] of one.targets.entries()) {
        const spec = typeof item === 'string' ? { address: item } : item;
        const parsed = readAddress(spec.address, one);
        if (typeof parsed === 'string') continue;
        const name = `${one.job}/${('instance' in spec ? spec.instance : undefined) ?? parsed.host}`;
        if (seen.has(name)) {
          issues.addIssue({
            code: 'custom',
            path: [index, 'targets', at],
            message: `job and instance "${name}" are there already; give it another instance`,
          });
        }
        seen.add(name);
      }
    }
  })
  .default([])
  .describe('What to scrape, in groups that share their options.');

export const scrapeConfig = z
  .strictObject({
    jobs,
    configFile: z
      .string()
      .min(1)
      .optional()
      .describe('A prometheus.yml, whose `global` and `scrape_configs` are read as Prometheus reads them.'),
    global: globalConfig.prefault({}).describe('`global` of a prometheus.yml, for the `scrape_configs` beside it.'),
    scrape_configs: z
      .array(scrapeEntry)
      .max(1000)
      .default([])
      .describe("Jobs in Prometheus' own syntax, beside or instead of `jobs`."),
    labels: labelsOption.describe('Labels for series of `configFile` and `scrape_configs` that lack them.'),
    extraMetrics: z
      .boolean()
      .default(false)
      .describe('Also scrape_timeout_seconds, scrape_sample_limit and scrape_body_size_bytes; default false.'),
    maxConcurrentScrapes: z
      .int()
      .min(1)
      .max(10_000)
      .default(200)
      .describe('Most scrapes under way at once; the others wait for their turn; default 200.'),
    maxScrapeBytes: z
      .int()
      .min(mebibyte)
      .max(64 * 1024 * mebibyte)
      .default(512 * mebibyte)
      .describe('Most bytes of bodies held by scrapes under way; default 536870912 (512 MiB).'),
  })
  .transform((value, issues) => {
    const { configFile, global, scrape_configs: inline, labels, ...rest } = value;
    const entries: ResolvedEntry[] = [];
    const complain = (message: string, path: (string | number)[]) => issues.addIssue({ code: 'custom', message, path });
    const add = (one: ResolvedEntry | string, path: (string | number)[]) => {
      if (typeof one === 'string') complain(one, path);
      else if (entries.some(({ entry }) => entry.job_name === one.entry.job_name))
        complain(`the job "${one.entry.job_name}" is there twice`, path);
      else entries.push(one);
    };
    let unused: readonly string[] = [];
    if (configFile !== undefined) {
      try {
        const file = readPrometheusFile(configFile);
        unused = file.unused;
        for (const entry of file.entries)
          add(resolveEntry(entry, file.global, { labels, file: configFile }), ['configFile']);
      } catch (error) {
        complain((error as Error).message, ['configFile']);
      }
    }
    for (const [i, entry] of inline.entries())
      add(resolveEntry(entry, global, { labels, file: undefined }), ['scrape_configs', i]);
    if (value.jobs.length === 0 && configFile === undefined && inline.length === 0)
      complain('at least one of jobs, configFile and scrape_configs', ['jobs']);
    return { ...rest, entries, unused };
  });

export type ScrapeConfig = z.infer<typeof scrapeConfig>;
export type ScrapeJob = ScrapeConfig['jobs'][number];
