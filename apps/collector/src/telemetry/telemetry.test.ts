import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addToCounter, observeGauge, recordSeconds } from './instruments.ts';
import { createLog, prettyLine } from './log.ts';
import { type OwnMetrics, startMetrics } from './metrics.ts';
import { SelfSamples } from './self-samples.ts';

describe('own metrics', () => {
  let own: OwnMetrics;
  beforeAll(() => {
    own = startMetrics('test', '1.2.3');
    addToCounter('binnacle_source_samples_total', 5, { receiver: 'scrape', source: 'a "quoted" \\ name' });
    recordSeconds('binnacle_query_duration_seconds', 0.02, { kind: 'instant' });
    recordSeconds('binnacle_query_duration_seconds', 100, { kind: 'instant' });
    observeGauge('binnacle_pipeline_in_flight_bytes', (set) => set(Number.POSITIVE_INFINITY));
    observeGauge('binnacle_pipeline_active_series', () => undefined);
  });
  afterAll(() => own.stop());

  it('are Prometheus text; what nobody knows is absent', async () => {
    const text = await own.render();
    expect(text).toContain('# TYPE binnacle_source_samples_total counter\n');
    expect(text).toContain('binnacle_source_samples_total{receiver="scrape",source="a \\"quoted\\" \\\\ name"} 5\n');
    expect(text).toContain('binnacle_build_info{role="test",version="1.2.3"} 1\n');
    expect(text).toContain('binnacle_pipeline_in_flight_bytes +Inf\n');
    expect(text).not.toMatch(/^binnacle_pipeline_active_series/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d{6,}$/m);
  });

  it('are absent again once nobody sets them, however many there were', async () => {
    let labels = Array.from({ length: 5000 }, (_, i) => ({ source: `s${i}` }));
    const end = observeGauge('binnacle_source_last_sample_timestamp_seconds', (set) => {
      for (const one of labels) set(1, one);
    });
    const lines = async () =>
      (await own.render())
        .split('\n')
        .filter((line) => line.startsWith('binnacle_source_last_sample_timestamp_seconds{'));
    expect(await lines()).toHaveLength(5000);
    labels = [{ source: 's1' }];
    expect(await lines()).toEqual(['binnacle_source_last_sample_timestamp_seconds{source="s1"} 1']);
    const endSecond = observeGauge('binnacle_source_last_sample_timestamp_seconds', (set) => set(2, { source: 's1' }));
    expect(await lines()).toEqual(['binnacle_source_last_sample_timestamp_seconds{source="s1"} 2']);
    end();
    endSecond();
    expect(await lines()).toEqual([]);
  });

  it('become samples of the same names, with the same LabelSet objects each time', async () => {
    const samples = new SelfSamples({ job: 'binnacle', instance: 'here' });
    const first = samples.batch(await own.collect(), 1000);
    const values = new Map<string, number>();
    for (let i = 0; i < first.length; i++)
      values.set(JSON.stringify(first.series[first.seriesOf[i]!]!.toObject()), first.values[i]!);
    const at = (labels: Record<string, string>) =>
      values.get(
        JSON.stringify(
          Object.fromEntries(
            Object.entries({ ...labels, job: 'binnacle', instance: 'here' }).sort(([a], [b]) => (a < b ? -1 : 1)),
          ),
        ),
      );
    expect(at({ __name__: 'up' })).toBe(1);
    expect(at({ __name__: 'binnacle_query_duration_seconds_count', kind: 'instant' })).toBe(2);
    expect(at({ __name__: 'binnacle_query_duration_seconds_bucket', kind: 'instant', le: '0.025' })).toBe(1);
    expect(at({ __name__: 'binnacle_query_duration_seconds_bucket', kind: 'instant', le: '+Inf' })).toBe(2);
    const again = samples.batch(await own.collect(), 2000);
    expect(again.series.every((labels) => first.series.includes(labels))).toBe(true);
  });
});

describe('logs', () => {
  it('leave secrets out, however deep they stand', () => {
    const lines: string[] = [];
    const log = createLog(
      { level: 'info', role: 'gateway', pretty: false },
      { write: (line) => void lines.push(line) },
    );
    log.info(
      {
        apiKey: 'hunter2',
        options: { password: 'hunter2', databaseUrl: 'postgresql://a:hunter2@b/c' },
        headers: { authorization: 'Bearer hunter2' },
      },
      'configured',
    );
    expect(lines.join('')).toContain('[redacted]');
    expect(lines.join('')).not.toContain('hunter2');
  });

  it('are JSON lines, or short lines for a person', () => {
    const lines: string[] = [];
    createLog({ level: 'info', role: 'gateway', pretty: false }, { write: (line) => void lines.push(line) }).warn(
      { port: 4318 },
      'listening',
    );
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'warn', role: 'gateway', port: 4318, msg: 'listening' });
    expect(
      prettyLine('{"level":"info","time":"2026-01-01T12:34:56.000Z","role":"gateway","port":4318,"msg":"listening"}'),
    ).toBe('12:34:56 gateway listening port=4318\n');
  });
});
