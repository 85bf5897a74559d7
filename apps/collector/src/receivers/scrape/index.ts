import type { ReceiverDefinition } from '../receiver.ts';
import { type ScrapeConfig, scrapeConfig } from './config.ts';
import { ScrapeReceiver } from './scrape.ts';
import { scrapeMetrics } from './target.ts';

export const scrape: ReceiverDefinition<ScrapeConfig> = {
  name: 'scrape',
  summary:
    'Reads Prometheus and OpenMetrics endpoints, configured or listed in files, with presets for known exporters.',
  config: scrapeConfig,
  emits: scrapeMetrics,
  create: (config, context) => new ScrapeReceiver(config, context),
};
