import { describe, expect, it } from 'vitest';
import { type AbsenceFacts, whyEmpty } from './absence.ts';

const source = (fields: object) => ({
  receiver: 'scrape',
  source: 'dcgm',
  cluster: 'lab',
  state: 'up' as const,
  lastSampleAt: 1_767_355_200_000,
  lastError: null,
  address: 'http://127.0.0.1:9400/metrics',
  intervalSeconds: 15,
  ...fields,
});
const facts = (fields: Partial<AbsenceFacts>): AbsenceFacts => ({
  metrics: ['DCGM_FI_DEV_GPU_UTIL'],
  receivers: ['scrape'],
  cluster: 'lab',
  sources: { sources: [source({})], doors: [] },
  known: false,
  now: 1_767_355_300_000,
  ...fields,
});

describe('whyEmpty', () => {
  it('says nothing definite before the facts are there', () => {
    expect(whyEmpty(facts({ known: undefined })).kind).toBe('unknown');
    expect(whyEmpty(facts({ sources: undefined })).kind).toBe('unknown');
  });
  it('offers to connect a source where none could bring the metric', () => {
    const why = whyEmpty(facts({ sources: { sources: [], doors: [] } }));
    expect(why).toMatchObject({ kind: 'no_source', connect: true });
    expect(why.text).toContain('DCGM_FI_DEV_GPU_UTIL');
  });
  it('does not count a source of another cluster', () => {
    expect(whyEmpty(facts({ sources: { sources: [source({ cluster: 'other' })], doors: [] } })).kind).toBe('no_source');
  });
  it('names the source that is down and its error', () => {
    const down = source({ state: 'down', lastError: 'connection refused' });
    const why = whyEmpty(facts({ sources: { sources: [down], doors: [] } }));
    expect(why).toMatchObject({ kind: 'source_down' });
    expect(why.text).toContain('scrape/dcgm is down. connection refused');
    expect(whyEmpty(facts({ known: true, sources: { sources: [down], doors: [] } })).kind).toBe('silent');
  });
  it('tells a source that lacks the metric from a range without samples', () => {
    expect(whyEmpty(facts({})).kind).toBe('not_exported');
    expect(whyEmpty(facts({ known: true })).kind).toBe('not_in_range');
  });
});
