import type { QueryCost } from '#data/prometheus.ts';
import { digits, format } from '#format/units.ts';

/** 12,345: counts that a reader compares stay exact up to a million. */
const count = (value: number) => (value < 1e6 ? value.toLocaleString('en-US') : format(value, 'none'));

const milliseconds = (ms: number) => (ms < 10 ? `${digits(ms, 2)} ms` : format(ms, 'milliseconds'));

/** What an answer cost, in one line. What the gateway does not tell is left out. */
export function costText(series: number, points: number | undefined, cost: QueryCost | undefined): string {
  const parts = [
    `${count(series)} series${points === undefined ? '' : `, ${count(points)} points`}`,
    ...(cost?.seriesRead === undefined || cost.seriesRead === series ? [] : [`${count(cost.seriesRead)} series read`]),
    ...(cost?.samplesRead === undefined ? [] : [`${count(cost.samplesRead)} samples read`]),
    ...(cost?.gatewayMs === undefined ? [] : [`${milliseconds(cost.gatewayMs)} in the gateway`]),
    ...(cost === undefined ? [] : [`${milliseconds(cost.totalMs)} to here`, format(cost.bytes, 'bytes')]),
  ];
  return parts.join(' · ');
}
