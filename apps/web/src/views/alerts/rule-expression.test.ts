import { describe, expect, it } from 'vitest';
import { ruleComparison, unitOf } from './rule-expression.ts';

describe('ruleComparison', () => {
  it.each([
    ['DCGM_FI_DEV_GPU_TEMP > 84', 'DCGM_FI_DEV_GPU_TEMP', '>', 84, null],
    ['up == 0', 'up', '==', 0, null],
    ['x > 0 != 13 != 31', 'x', '>', 0, null],
    ['a / max_over_time(a[1h]) < 0.99 and b == 4', 'a / max_over_time(a[1h])', '<', 0.99, null],
    ['allocated < fair and wanted > allocated', 'allocated', '<', null, 'fair'],
    ['x{le="0.5",a=~"b > 3"} >= 1e3', 'x{le="0.5",a=~"b > 3"}', '>=', 1000, null],
    ['time() - x > 300', 'time() - x', '>', 300, null],
    ['sum by (a) (x == 1) > 2', 'sum by (a) (x == 1)', '>', 2, null],
    ['band_and_more > 1 unless on (a) b', 'band_and_more', '>', 1, null],
  ])('%s', (expr, measured, operator, threshold, limit) => {
    expect(ruleComparison(expr)).toEqual({ measured, operator, threshold, limit });
  });
  it.each(['a > 0 or b > 0', 'absent(up)', 'a > bool 1', 'a == on (x) b', '> 3'])('leaves %s whole', (expr) => {
    expect(ruleComparison(expr)).toBeNull();
  });
});

describe('unitOf', () => {
  it.each([
    ['DCGM_FI_DEV_GPU_TEMP', 'celsius'],
    ['vllm:kv_cache_usage_perc{cluster="a"}', 'ratio'],
    ['histogram_quantile(0.99, sum by (le) (rate(vllm:time_to_first_token_seconds_bucket[5m])))', 'seconds'],
    ['sum by (cluster) (binnacle_mcp_server_tokens)', 'tokens'],
    ['time() - x_timestamp_seconds', 'seconds'],
    ['rate(x_seconds[5m])', 'none'],
    ['a_bytes / b_bytes', 'none'],
    ['changes(node_infiniband_state_id[10m])', 'none'],
  ])('%s is %s', (measured, unit) => {
    expect(unitOf(measured)).toBe(unit);
  });
});
