import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { explainIssues } from '../../../config/explain.ts';
import { type GlobalConfig, globalConfig, type ScrapeEntry, scrapeEntry } from './scrape-config.ts';
import { strictWith } from './strict.ts';

const maxFileBytes = 16 * 1024 * 1024;

/** What stands beside the scrape configs: taken, and named in the log as not used. */
const unused = z.unknown().optional();
const unusedKeys = ['rule_files', 'alerting', 'remote_write', 'remote_read', 'storage', 'tracing', 'otlp'] as const;

const prometheusFile = strictWith(
  {
    global: globalConfig.prefault({}),
    scrape_configs: z.array(scrapeEntry).default([]),
    ...(Object.fromEntries(unusedKeys.map((key) => [key, unused])) as Record<
      (typeof unusedKeys)[number],
      typeof unused
    >),
  },
  { scrape_config_files: 'write the jobs into scrape_configs' },
);

export interface PrometheusFile {
  readonly global: GlobalConfig;
  readonly entries: readonly ScrapeEntry[];
  /** Parts that are there and have no effect. */
  readonly unused: readonly string[];
  /** Paths in the file are relative to where it is. */
  readonly resolvePath: (path: string) => string;
}

/** Reads the scrape part of a prometheus.yml. Throws `bad_config` with file, line and what is allowed. */
export function readPrometheusFile(file: string): PrometheusFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new BinnacleError('bad_config', `${file} cannot be read`, { cause: error });
  }
  if (text.length > maxFileBytes) throw new BinnacleError('bad_config', `${file} is longer than ${maxFileBytes} bytes`);
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const { line, col } = lines.linePos(fault.pos[0]);
    throw new BinnacleError('bad_config', `${file}:${line}:${col}: not valid YAML: ${fault.message}`);
  }
  const content: unknown = document.contents === null ? {} : document.toJS({ maxAliasCount: 100 });
  const result = prometheusFile.safeParse(content);
  if (!result.success) {
    const place = { file, document, lines, expanded: new Set() };
    throw new BinnacleError('bad_config', explainIssues(result.error.issues, prometheusFile, place).join('\n'));
  }
  const { data } = result;
  return {
    global: data.global,
    entries: data.scrape_configs,
    unused: unusedKeys.filter((key) => data[key] !== undefined),
    resolvePath: (path) => (isAbsolute(path) ? path : join(dirname(file), path)),
  };
}
