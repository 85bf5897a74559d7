import { describe, expect, it } from 'vitest';
import { scrapeConfig } from './config.ts';
import { ownPool } from './own-pool.ts';
import { missedRounds, nextRound } from './schedule.ts';
import { findTarget } from './target-spec.ts';

describe("a target's place in the interval", () => {
  it('is the same point of the grid round after round, whenever the last one ended', () => {
    for (const end of [1_000_000, 1_000_100, 1_008_000]) {
      expect(nextRound(end, 15_000, 0.7).dueMs % 15_000).toBeCloseTo(10_500);
    }
    expect(nextRound(1_000_000, 15_000, 0).waitMs).toBe(5000);
  });

  it('skips the points that a long scrape ran over', () => {
    expect(nextRound(100_000, 10_000, 0.5).dueMs).toBe(105_000);
    expect(nextRound(137_000, 10_000, 0.5).dueMs).toBe(145_000);
    expect(missedRounds(105_000, 115_000, 10_000)).toBe(0);
    expect(missedRounds(105_000, 145_000, 10_000)).toBe(3);
  });

  it('is not taken twice when a timer fires early', () => {
    expect(nextRound(104_999, 10_000, 0.5).dueMs).toBe(115_000);
  });

  it('comes from job, instance and URL, and differs between targets', () => {
    const job = scrapeConfig.parse({ jobs: [{ job: 'j' }] }).jobs[0];
    const pool = ownPool(job as NonNullable<typeof job>, { extraMetrics: false });
    const ratio = (address: string) => {
      const found = findTarget(pool, {}, { __address__: address });
      return found.kind === 'scraped' ? found.spec.hashRatio : Number.NaN;
    };
    expect(ratio('a:1')).toBe(ratio('a:1'));
    const ratios = Array.from({ length: 1000 }, (_, i) => ratio(`node-${i}:9100`));
    expect(ratios.every((one) => one >= 0 && one < 1)).toBe(true);
    const quarters = [0, 1, 2, 3].map((quarter) => ratios.filter((one) => Math.floor(one * 4) === quarter).length);
    expect(Math.min(...quarters)).toBeGreaterThan(180);
  });
});
