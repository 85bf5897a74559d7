import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { formatFloat } from './float.ts';
import type { QueryValue, ResultSeries } from './result.ts';

/** A JSON writer hands out a chunk when it has about this many characters. */
const chunkLength = 64 * 1024;

/** A time as the Prometheus API writes it: unix seconds, with milliseconds where there are any. */
export function formatTime(timeMs: number): string {
  const sign = timeMs < 0 ? '-' : '';
  const whole = Math.abs(timeMs);
  const ms = whole % 1000;
  const seconds = `${sign}${(whole - ms) / 1000}`;
  return ms === 0 ? seconds : `${seconds}.${`${Math.trunc(ms)}`.padStart(3, '0')}`;
}

/** Labels as a JSON object. */
export function formatMetric(labels: LabelSet): string {
  let text = '{';
  for (let i = 0; i < labels.pairs.length; i += 2) {
    if (i > 0) text += ',';
    text += `${JSON.stringify(labels.pairs[i])}:${JSON.stringify(labels.pairs[i + 1])}`;
  }
  return `${text}}`;
}

/**
 * The `data` of a Prometheus API answer, in chunks of bounded size: a large matrix never becomes one string.
 * `limit` cuts the number of series; 0 means all.
 */
export function* writeQueryValue(value: QueryValue, limit = 0): Generator<string> {
  if (value.type === 'scalar') {
    yield `"resultType":"scalar","result":[${formatTime(value.timeMs)},"${formatFloat(value.value)}"]`;
    return;
  }
  if (value.type === 'string') {
    yield `"resultType":"string","result":[${formatTime(value.timeMs)},${JSON.stringify(value.value)}]`;
    return;
  }
  let text = `"resultType":"${value.type}","result":[`;
  const count = limit > 0 ? Math.min(limit, value.series.length) : value.series.length;
  for (let s = 0; s < count; s++) {
    if (s > 0) text += ',';
    if (value.type === 'vector') {
      const labels = value.series[s] as LabelSet;
      const time = formatTime(value.timeMs);
      text += `{"metric":${formatMetric(labels)},"value":[${time},"${formatFloat(value.values[s] as number)}"]}`;
    } else {
      const { labels, timestamps, values } = value.series[s] as ResultSeries;
      text += `{"metric":${formatMetric(labels)},"values":[`;
      for (let i = 0; i < values.length; i++) {
        if (i > 0) text += ',';
        text += `[${formatTime(timestamps[i] as number)},"${formatFloat(values[i] as number)}"]`;
        if (text.length > chunkLength) {
          yield text;
          text = '';
        }
      }
      text += ']}';
    }
    if (text.length > chunkLength) {
      yield text;
      text = '';
    }
  }
  yield `${text}]`;
}
