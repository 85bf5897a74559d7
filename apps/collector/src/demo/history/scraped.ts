import { type PresetName, presets } from '../../receivers/scrape/presets/preset.ts';
import { ExpositionCache } from '../../wire/exposition/cache.ts';
import { parseExposition } from '../../wire/exposition/parse.ts';
import { renderDcgm } from '../dcgm-text.ts';
import { renderQueueController, renderScheduler } from '../kai-text.ts';
import { demoCluster, nodes } from '../scenario.ts';
import type { Simulator } from '../simulator.ts';
import { renderVllm } from '../vllm-text.ts';
import type { HistorySeries, HistorySource } from './history-batch.ts';

interface PastTarget {
  readonly job: string;
  readonly preset: PresetName;
  readonly instance: string;
  readonly render: (atMs: number) => string;
}

/** The scraped targets: their texts at past times, through the parser and the presets that live scrapes go through. */
export function scrapedHistory(simulator: Simulator, series: HistorySeries): HistorySource[] {
  const { clock, gpus, scheduler, serving } = simulator;
  const kai = { job: 'kai-scheduler', preset: 'kai-scheduler' } as const;
  const targets: PastTarget[] = [
    ...nodes.map((node, index) => ({
      job: 'dcgm-exporter',
      preset: 'dcgm-exporter' as const,
      instance: `${node}:9400`,
      render: (atMs: number) => renderDcgm(gpus, index, atMs),
    })),
    { ...kai, instance: 'kai-scheduler:8080', render: (atMs) => renderScheduler(clock, scheduler, atMs) },
    { ...kai, instance: 'queue-controller:8080', render: (atMs) => renderQueueController(clock, atMs) },
    ...serving.map((server) => ({
      job: 'vllm',
      preset: 'vllm' as const,
      instance: `${server.deployment}:8000`,
      render: (atMs: number) => renderVllm(server, clock.epochMs, atMs),
    })),
  ];
  return targets.map(({ job, preset, instance, render }): HistorySource => {
    const extraLabels = { job, instance, cluster: demoCluster };
    const cache = new ExpositionCache({ ...presets[preset], extraLabels });
    let seen = false;
    return (atMs, into) => {
      const { batch, lines } = parseExposition(Buffer.from(render(atMs)), {
        format: 'text',
        defaultTimestampMs: atMs,
        cache,
      });
      into.addBatch(batch);
      const own = (name: string, value: number) =>
        into.add(
          series.intern(`${name} ${job} ${instance}`, () => ({ __name__: name, ...extraLabels })),
          atMs,
          value,
        );
      own('up', 1);
      own('scrape_samples_scraped', lines);
      own('scrape_samples_post_metric_relabeling', lines);
      // All series of a target are new once.
      own('scrape_series_added', seen ? 0 : lines);
      seen = true;
    };
  });
}
