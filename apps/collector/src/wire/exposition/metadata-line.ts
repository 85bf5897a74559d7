import type { MetricType } from '@binnacle/shared/telemetry/sample-batch.ts';
import type { ExpositionCache } from './cache.ts';
import { unescapeText } from './labels.ts';

const line = /^#[ \t]*(HELP|TYPE|UNIT)(?:[ \t]+(?:"((?:[^"\\]|\\.)*)"|([^ \t]+))(?:[ \t]+(.*))?)?$/;

/** Notes what a HELP, TYPE or UNIT line says; other comments say nothing. `fail` is called for a line that is wrong. */
export function readMetadataLine(text: string, cache: ExpositionCache, fail: (what: string) => never): void {
  const parts = line.exec(text);
  if (parts === null) return;
  const [, kind, quoted, bare, rest = ''] = parts;
  const family = quoted ?? bare;
  if (family === undefined) fail(`${kind} names no metric`);
  else if (kind === 'HELP') cache.note(family, { help: unescapeText(rest) });
  else if (kind === 'UNIT') cache.note(family, { unit: rest.trim() });
  else {
    const type = metricTypes[rest.trim()];
    if (type === undefined) fail(`"${rest.trim().slice(0, 40)}" is not a metric type`);
    else cache.note(family, { type });
  }
}

const metricTypes: Record<string, MetricType | undefined> = {
  counter: 'counter',
  gauge: 'gauge',
  histogram: 'histogram',
  gaugehistogram: 'gaugehistogram',
  summary: 'summary',
  info: 'info',
  stateset: 'stateset',
  unknown: 'unknown',
  untyped: 'unknown',
};
