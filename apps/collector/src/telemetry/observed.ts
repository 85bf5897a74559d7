import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';

export type Observe = (set: (value: number, attributes?: Attributes) => void) => void;

interface Observed {
  readonly kind: 'observed-counter' | 'observed-gauge';
  readonly help: string;
  readonly unit: string;
  readonly callbacks: Set<Observe>;
}

/**
 * Values that are read when metrics are collected. They stand beside the SDK's own observable instruments, which go on
 * to report what nobody sets any more: an empty buffer would keep the age of its last request, a source that was let go
 * its last state. Here, what is not set is absent. A member of the reader's producers.
 */
export class ObservedMetrics implements MetricProducer {
  readonly #families = new Map<string, Observed>();
  #startTime: HrTime = hrTimeOf(Date.now());

  /** Forgets all families, as when another provider takes over. */
  clear(): void {
    this.#families.clear();
    this.#startTime = hrTimeOf(Date.now());
  }

  /** Returns how to end it. Of two callbacks that set the same labels, the later one counts. */
  add(name: string, entry: Omit<Observed, 'callbacks'>, observe: Observe): () => void {
    let family = this.#families.get(name);
    if (family === undefined) {
      family = { ...entry, callbacks: new Set() };
      this.#families.set(name, family);
    }
    const { callbacks } = family;
    callbacks.add(observe);
    return () => callbacks.delete(observe);
  }

  async collect(): ReturnType<MetricProducer['collect']> {
    const endTime = hrTimeOf(Date.now());
    const errors: unknown[] = [];
    const metrics: MetricData[] = [];
    for (const [name, { kind, help, unit, callbacks }] of this.#families) {
      const points = new Map<unknown, { attributes: Attributes; value: number }>();
      for (const observe of callbacks) {
        try {
          // Labels are compared only where two could meet: there may be thousands.
          observe((value, attributes = {}) =>
            points.set(callbacks.size > 1 ? JSON.stringify(attributes) : points.size, { attributes, value }),
          );
        } catch (error) {
          errors.push(error);
        }
      }
      if (points.size === 0) continue;
      const rest = {
        descriptor: { name, description: help, unit, valueType: ValueType.DOUBLE },
        aggregationTemporality: AggregationTemporality.CUMULATIVE,
        dataPoints: Array.from(points.values(), (point) => ({ ...point, startTime: this.#startTime, endTime })),
      };
      metrics.push(
        kind === 'observed-gauge'
          ? { ...rest, dataPointType: DataPointType.GAUGE }
          : { ...rest, dataPointType: DataPointType.SUM, isMonotonic: true },
      );
    }
    const scopeMetrics = metrics.length === 0 ? [] : [{ scope: { name: 'binnacle' }, metrics }];
    return { resourceMetrics: { resource: noResource, scopeMetrics }, errors };
  }
}

/** The reader replaces it by its own. */
const noResource = undefined as never;

const hrTimeOf = (ms: number): HrTime => [Math.floor(ms / 1000), (ms % 1000) * 1e6];
