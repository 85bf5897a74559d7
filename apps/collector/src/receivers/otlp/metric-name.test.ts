import { describe, expect, it } from 'vitest';
import { labelName, labelNamer, metricNamer, nameWithoutSuffixes, nameWithSuffixes } from './metric-name.ts';
import { decimal } from './point-series.ts';

describe('metric names', () => {
  it.each([
    ['http.server.duration', 's', 'histogram', 'http_server_duration_seconds'],
    ['system.filesystem.usage', 'By', 'gauge', 'system_filesystem_usage_bytes'],
    ['system.network.io', 'By', 'counter', 'system_network_io_bytes_total'],
    ['network.bytes.total', 'By', 'counter', 'network_bytes_total'],
    ['fan.speed', 'r/min', 'gauge', 'fan_speed_r_per_minute'],
    ['disk.io', 'By/s', 'gauge', 'disk_io_bytes_per_second'],
    ['requests', '{request}/s', 'gauge', 'requests_per_second'],
    ['active.requests', '{request}', 'gauge', 'active_requests'],
    ['cpu.utilization', '1', 'gauge', 'cpu_utilization_ratio'],
    ['requests', '1', 'counter', 'requests_total'],
    ['memory.used_bytes', 'By', 'gauge', 'memory_used_bytes'],
    ['gpu.load', '%', 'gauge', 'gpu_load_percent'],
    ['2xx.responses', '', 'counter', '_2xx_responses_total'],
    ['vllm:kv', '', 'gauge', 'vllm:kv'],
    ['a..b--c', 'Cel', 'gauge', 'a_b_c_celsius'],
  ] as const)('%s in %j as a %s is %s', (name, unit, kind, expected) => {
    expect(nameWithSuffixes(name, { unit, kind })).toBe(expected);
  });

  it.each([
    ['http.server.duration', 'http_server_duration'],
    ['a__b', 'a__b'],
    ['9lives', '_9lives'],
  ])('%s without suffixes is %s', (name, expected) => {
    expect(nameWithoutSuffixes(name)).toBe(expected);
  });

  it.each([
    ['http.method', 'http_method'],
    ['9lives', 'key_9lives'],
    ['_private', 'key_private'],
    ['__meta', '__meta'],
    ['ünï', '_n_'],
  ])('the attribute %s is the label %s', (name, expected) => {
    expect(labelName(name)).toBe(expected === '_n_' ? 'key_n_' : expected);
  });
});

it.each([
  [1, '1'],
  [0.005, '0.005'],
  [1e21, '1000000000000000000000'],
  [1e-7, '0.0000001'],
  [-2.5e-7, '-0.00000025'],
  [1.5e22, '15000000000000000000000'],
  [Infinity, '+Inf'],
])('%f is written without an exponent', (value, expected) => {
  expect(decimal(value)).toBe(expected);
});

describe('names in UTF-8 with suffixes', () => {
  it.each([
    ['http.server.duration', 's', 'histogram', 'http.server.duration_seconds'],
    ['http.requests', '1', 'counter', 'http.requests_total'],
    ['http.requests_total', '', 'counter', 'http.requests_total'],
    ['http.requests.total', '', 'counter', 'http.requests_total'],
    ['disk.io_total', 'By', 'counter', 'disk.io_bytes_total'],
    ['disk.io.bytes', 'By', 'counter', 'disk.io.bytes_total'],
    ['total', '', 'counter', 'total_total'],
    ['load', '1', 'gauge', 'load_ratio'],
    ['queue.length', '{items}', 'gauge', 'queue.length'],
    ['net.speed', 'By/s', 'gauge', 'net.speed_bytes_per_second'],
    ['net.speed_bytes_per_second', 'By/s', 'gauge', 'net.speed_bytes_per_second'],
    ['Größe.der.Datei', 'KiBy', 'gauge', 'Größe.der.Datei_kibibytes'],
    ['kilobytes', 'By', 'gauge', 'kilobytes_bytes'],
  ] as const)('%s in "%s", a %s, is %s', (name, unit, kind, expected) => {
    expect(metricNamer('NoUTF8EscapingWithSuffixes')(name, { unit, kind })).toBe(expected);
  });

  it('leave labels as they are, and NoTranslation everything', () => {
    expect(labelNamer('NoUTF8EscapingWithSuffixes')('http.route')).toBe('http.route');
    expect(labelNamer('NoTranslation')('1.zone')).toBe('1.zone');
    expect(metricNamer('NoTranslation')('http.requests', { unit: 's', kind: 'counter' })).toBe('http.requests');
    expect(labelNamer('UnderscoreEscapingWithoutSuffixes')('http.route')).toBe('http_route');
  });
});
