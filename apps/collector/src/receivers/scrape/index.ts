import type { ReceiverDefinition } from '../receiver.ts';
import { type ScrapeConfig, scrapeConfig } from './config.ts';
import { scrapeMetrics } from './report.ts';
import { ScrapeReceiver } from './scrape.ts';

export const scrape: ReceiverDefinition<ScrapeConfig> = {
  name: 'scrape',
  summary:
    "Reads Prometheus and OpenMetrics endpoints, configured, listed in files or discovered, also by a prometheus.yml's scrape configs, with presets for known exporters.",
  config: scrapeConfig,
  emits: scrapeMetrics,
  create: (config, context) => new ScrapeReceiver(config, context),
};
