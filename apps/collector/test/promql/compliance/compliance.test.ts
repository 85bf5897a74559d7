import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from '../answers.ts';
import { StoreOfTests } from '../contestants.ts';
import { Judge } from '../judge.ts';
import { PrometheusServer, withPrometheus } from '../prometheus-server.ts';
import { demoData, demoEndMs } from './demo-data.ts';
import { expandTemplates } from './templates.ts';

/** Ten minutes, a point every ten seconds, ten minutes before the data's end; off whole seconds and off the scrapes. */
const times = { startMs: demoEndMs - 21 * 60_000 + 441, endMs: demoEndMs - 11 * 60_000 + 441, stepMs: 10_000 };

/** In how many queries a known difference between 2.42 and 3 shows (`namedDifferences`): any other is a fault. */
const expectedByName: Readonly<Record<string, number>> = { 'names through atan2': 1, 'UTF-8 names': 2 };

/** Templates that have no answer by intent, or none from 2.42. */
const emptyOnPurpose = [
  'demo_memory_usage_bytes{instance=~"service"}',
  'demo_memory_usage_bytes{absent_label!=""}',
  'clamp(demo_memory_usage_bytes, 2e9, 1e9)',
  'absent(demo_num_cpus)',
  'label_replace(demo_num_cpus, "not-before-utf-8", "x", "instance", ".*")',
  'label_join(demo_num_cpus, "not-before-utf-8", "/", "job")',
  'histogram_quantile(0.9, demo_memory_usage_bytes)',
];

/**
 * The compliance list: range queries of every kind over the metrics of a demo service, answered by Prometheus 2.42 and by
 * our engine over the telemetry store, and compared at 1e-5. What both refuse agrees.
 */
describe.skipIf(!withPrometheus)('the compliance list (skipped where prometheus is not installed)', () => {
  const data = demoData();
  const store = new StoreOfTests();
  const prometheus = new PrometheusServer();
  const judge = new Judge(prometheus, store.contestant('stream'), within(1e-5));
  const list = expandTemplates();

  beforeAll(async () => {
    await Promise.all([prometheus.load(data), store.load(data)]);
  });

  afterAll(async () => {
    await Promise.all([prometheus[Symbol.asyncDispose](), store[Symbol.asyncDispose]()]);
  });

  it('is long', () => {
    expect(list.length).toBeGreaterThanOrEqual(539);
    expect(new Set(list.map(({ query }) => query)).size).toBe(list.length);
  });

  it('is answered as Prometheus answers it', async () => {
    const named: Record<string, number> = {};
    const faults: string[] = [];
    const silent = new Set(list.filter(({ refused }) => !refused).map(({ template }) => template));
    for (const { query, template } of list) {
      const { name, fault, answered } = await judge.judge({ asked: { query, ...times }, data });
      if (name !== undefined) named[name] = (named[name] ?? 0) + 1;
      if (fault !== undefined) faults.push(`${query}\n    ${fault}`);
      if (answered) silent.delete(template);
    }
    expect(faults.join('\n')).toBe('');
    expect(named).toEqual(expectedByName);
    // Nothing is equal to nothing: only what is meant to be empty may be.
    expect([...silent].filter((template) => !/no_such/.test(template))).toEqual(emptyOnPurpose);
  }, 300_000);

  it.each(list.filter(({ refused }) => refused))('refuses $query', async ({ query }) => {
    const [of242, ours] = await Promise.all([
      prometheus.ask({ query, ...times }),
      store.contestant('stream').ask({ query, ...times }),
    ]);
    expect([of242.kind, ours.kind]).toEqual(['refused', 'refused']);
  });
});
