import { describe, expect, it } from 'vitest';
import { commonUnit, guessUnit } from './guess-unit.ts';

describe('guessUnit', () => {
  it.each([
    ['binnacle_collective_skew_seconds{job="a"}', 'seconds'],
    ['binnacle_nccl_test_bus_bandwidth_bytes_per_second', 'bytesPerSecond'],
    ['rate(x_bytes_total{a="b"}[1m])', 'bytesPerSecond'],
    ['sum by (job) (rate(x_bytes_total[1m]))', 'bytesPerSecond'],
    ['sum(rate(x_bytes_total[1m])) by (job)', 'bytesPerSecond'],
    ['increase(x_bytes_total[1h])', 'bytes'],
    ['rate(busy_seconds_total[5m])', 'ratio'],
    ['topk(5, max_over_time(step_seconds[1h]))', 'seconds'],
    ['avg without (gpu) (free_ratio)', 'ratio'],
    ['up', 'none'],
    ['count(x_bytes)', 'none'],
    ['x_bytes / y_bytes', 'none'],
    ['sum(x_bytes) / sum(y_bytes)', 'none'],
    ['rate(a_bytes_total[1m]) / rate(b_bytes_total[1m])', 'none'],
    ['rate(x_bytes_total)', 'none'],
    ['histogram_quantile(0.9, x_seconds_bucket)', 'none'],
  ])('%s is in %s', (expr, unit) => {
    expect(guessUnit(expr)).toBe(unit);
  });
});

describe('commonUnit', () => {
  it('is none where the units differ', () => {
    expect(commonUnit(['bytes', 'bytes'])).toBe('bytes');
    expect(commonUnit(['bytes', 'seconds'])).toBe('none');
    expect(commonUnit([])).toBe('none');
  });
});
