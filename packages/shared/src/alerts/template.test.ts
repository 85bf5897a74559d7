import { describe, expect, it } from 'vitest';
import { alertRuleInput } from './rule.ts';
import { parseTemplate } from './template.ts';

const labels = { hostname: 'gpu-node-03', device: 'mlx5_4' };

describe('a template', () => {
  // values of the number functions: Prometheus' documentation and its own tests
  it.each([
    ['plain text', 0, 'plain text'],
    ['{{ $labels.hostname }}/{{$labels.device}} is down', 1, 'gpu-node-03/mlx5_4 is down'],
    ['{{ $labels.none }}.', 1, '.'],
    ['{{ $value }}', 0.25, '0.25'],
    ['{{ $value }}', Number.POSITIVE_INFINITY, '+Inf'],
    ['{{ $value | humanize }}', 1234567, '1.235M'],
    ['{{ $value | humanize }}', 0.0123, '12.3m'],
    ['{{ humanize $value }}', 999, '999'],
    ['{{ $value | humanize1024 }}', 1048576, '1Mi'],
    ['{{ $value | humanizePercentage }}', 0.1234567, '12.35%'],
    ['{{ $value | humanizePercentage }}', Number.NaN, 'NaN%'],
    ['{{ $value | humanizeDuration }}', 95_400.5, '1d 2h 30m 0s'],
    ['{{ $value | humanizeDuration }}', 60, '1m 0s'],
    ['{{ $value | humanizeDuration }}', 0.0025, '2.5ms'],
    ['{{ $value | humanizeDuration }}', 59.9, '59.9s'],
    ['{{ $value | humanizeTimestamp }}', 1_700_000_000, '2023-11-14 22:13:20 UTC'],
    ['{{ $value | printf "%.1f" }} GB/s', 24.949, '24.9 GB/s'],
    ['{{ printf "%.0f of %d%%" $value 100 }}', 50, '50 of 100%'],
    ['{{ $labels.device | toUpper }}', 0, 'MLX5_4'],
    ['{{- $value -}}', 3, '3'],
  ])('%s of %d is %s', (text, value, expected) => {
    expect(parseTemplate(text)({ labels, value })).toBe(expected);
  });

  it.each([
    ['{{ $value | shout }}', 'calls "shout"'],
    ['{{ query "up" }}', 'calls "query"'],
    ['{{ $labels.x', 'no closing'],
    ['{{ }}', 'is empty'],
    ['{{ $externalURL }}', 'cannot be read'],
    ['{{ $value $value }}', 'where a function is expected'],
    ['{{ humanize }}', 'gives humanize 0 values'],
    ['{{ if true }}x{{ end }}', 'calls "if"'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseTemplate(text)).toThrow(reason);
  });
});

it('a rule with a wrong template is refused where it is saved, with the place', () => {
  const rule = {
    name: 'Hot',
    layer: 'gpu',
    expr: 'up',
    forSeconds: 0,
    intervalSeconds: 15,
    severity: 'info',
    labels: {},
    annotations: { summary: '{{ $value | shout }}' },
    enabled: true,
  };
  const result = alertRuleInput.safeParse(rule);
  expect(result.error?.issues[0]).toMatchObject({
    path: ['annotations', 'summary'],
    message: expect.stringContaining('shout'),
  });
  expect(alertRuleInput.safeParse({ ...rule, annotations: {}, labels: { alertname: 'x' } }).success).toBe(false);
});
