import { catalogue } from '@binnacle/shared/metrics/catalogue.ts';
import type { MetricMetadata } from '@binnacle/shared/telemetry/sample-batch.ts';

/** Metadata of families in the catalogue, and of `up`, which every polled source has. Throws for a name it lacks. */
export function ownMetrics(...families: readonly string[]): readonly MetricMetadata[] {
  return ['up', ...families].map((family) => {
    const entry = catalogue.find((candidate) => candidate.name === family);
    if (entry === undefined) throw new Error(`${family} is not in the metric catalogue`);
    return { family, type: entry.type, help: entry.help, unit: entry.unit };
  });
}
