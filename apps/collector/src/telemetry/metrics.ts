import { monitorEventLoopDelay } from 'node:perf_hooks';
import { metrics } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { forgetInstruments, observeCounter, observedMetrics, observeGauge } from './instruments.ts';

/** Metrics are read when asked for: by `/metrics` and by the gateway's own write into its store. */
class AskedReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

export interface OwnMetrics {
  collect(): Promise<ResourceMetrics>;
  /** Prometheus text format 0.0.4. */
  render(): Promise<string>;
  stop(): Promise<void>;
}

/** A family keeps so many series, twice as many as there may be sources; what is past it shares one. */
const maxSeriesPerFamily = 20_000;

export const metricsContentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Installs the process-wide meter provider, and the process' own metrics. Call before the first instrument is used. */
export function startMetrics(role: string, version: string): OwnMetrics {
  const reader = new AskedReader({ metricProducers: [observedMetrics], cardinalitySelector: () => maxSeriesPerFamily });
  const provider = new MeterProvider({ readers: [reader] });
  metrics.disable();
  metrics.setGlobalMeterProvider(provider);
  forgetInstruments();
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  const startedAtSeconds = Date.now() / 1000 - process.uptime();
  observeGauge('binnacle_build_info', (set) => set(1, { role, version }));
  observeGauge('process_resident_memory_bytes', (set) => set(process.memoryUsage.rss()));
  observeGauge('process_start_time_seconds', (set) => set(startedAtSeconds));
  observeGauge('nodejs_eventloop_lag_p99_seconds', (set) => {
    set(delay.percentile(99) / 1e9);
    delay.reset();
  });
  observeCounter('process_cpu_seconds_total', (set) => {
    const { user, system } = process.cpuUsage();
    set((user + system) / 1e6);
  });
  const collect = async () => (await reader.collect()).resourceMetrics;
  return {
    collect,
    render: async () => `${serializer.serialize(await collect())}\n`,
    stop: async () => {
      delay.disable();
      await provider.shutdown();
      metrics.disable();
      forgetInstruments();
    },
  };
}
