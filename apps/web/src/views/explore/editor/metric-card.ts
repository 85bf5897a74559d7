import type { MetricMetadata } from '#data/prometheus.ts';
import type { Card } from './card.ts';

/** Metadata of a metric; series of a histogram or summary have that of their family. */
export function metadataOf(
  name: string,
  metadata: Readonly<Record<string, readonly MetricMetadata[]>>,
): readonly MetricMetadata[] | undefined {
  const own = Object.hasOwn(metadata, name) ? metadata[name] : undefined;
  const family = name.replace(/_(?:count|sum|bucket|total)$/, '');
  return own ?? (Object.hasOwn(metadata, family) ? metadata[family] : undefined);
}

/** What the senders say of a metric. */
export function metricCard(name: string, known: readonly MetricMetadata[] | undefined): Card {
  const told = known?.filter((one) => one.type !== '' || one.help !== '') ?? [];
  const types = [...new Set(told.map((one) => one.type).filter(Boolean))];
  const units = [...new Set(told.map((one) => one.unit).filter(Boolean))];
  const helps = [...new Set(told.map((one) => one.help).filter(Boolean))];
  return {
    head: name,
    text: helps.length === 0 ? 'Its sender says nothing about it.' : helps.slice(0, 3).join(' · '),
    example: undefined,
    remark:
      [types.join(' or '), units.length === 0 ? '' : `in ${units.join(' or ')}`].filter(Boolean).join(', ') ||
      undefined,
  };
}
