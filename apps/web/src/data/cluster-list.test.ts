import { describe, expect, it } from 'vitest';
import { visibleClusters } from './cluster-list.ts';

const clusters = [
  { name: '', demo: false, series: 8 },
  { name: 'demo', demo: true, series: 2292 },
];
const source = (cluster: string, state: 'up' | 'consent') => ({
  receiver: 'scrape',
  source: 'node',
  cluster,
  state,
  lastSampleAt: null,
  lastError: null,
  address: 'http://127.0.0.1:9100/metrics',
  intervalSeconds: 15,
});
const names = (sources: Parameters<typeof visibleClusters>[1]) =>
  visibleClusters(clusters, sources).map((cluster) => cluster.name);

describe('visibleClusters', () => {
  it('leaves the gateway that speaks of itself alone out', () => {
    expect(
      names({
        sources: [source('demo', 'up')],
        doors: [{ receiver: 'otlp', path: '/v1/metrics', accepted: 0, refused: {} }],
      }),
    ).toEqual(['demo']);
    expect(names({ sources: [source('', 'consent')], doors: [] })).toEqual(['demo']);
  });
  it('counts no door that nobody has come through', () => {
    const door = { ...source('', 'up'), receiver: 'remote-write', state: 'waiting' as const, intervalSeconds: null };
    expect(names({ sources: [door], doors: [] })).toEqual(['demo']);
    expect(names({ sources: [{ ...door, lastSampleAt: 1 }], doors: [] })).toEqual(['', 'demo']);
  });
  it('shows the cluster without a name once a source or a sender has none', () => {
    expect(names({ sources: [source('', 'up')], doors: [] })).toEqual(['', 'demo']);
    expect(
      names({ sources: [], doors: [{ receiver: 'remote-write', path: '/api/v1/write', accepted: 5, refused: {} }] }),
    ).toEqual(['', 'demo']);
    expect(names(undefined)).toEqual(['', 'demo']);
  });
});
