import { describe, expect, it } from 'vitest';
import { age, digits, format, quantity, type Unit } from './units.ts';

describe('digits', () => {
  it.each([
    [0, '0'],
    [386.6, '387'],
    [38.66, '38.7'],
    [0.12345, '0.123'],
    [1, '1'],
    [1.5, '1.5'],
    [1234, '1234'],
    [-0.0000001, '0'],
    [0.000012, '0.000012'],
  ])('%d is written %s', (value, text) => {
    expect(digits(value)).toBe(text);
  });
});

describe('format', () => {
  it.each<[number, Unit, string]>([
    [386.6e9, 'bytesPerSecond', '387\u202fGB/s'],
    [50e9, 'bytesPerSecond', '50\u202fGB/s'],
    [400e9, 'bitsPerSecond', '400\u202fGb/s'],
    [81_559, 'mebibytes', '79.6\u202fGiB'],
    [1024, 'bytes', '1\u202fKiB'],
    [1023, 'bytes', '1023\u202fB'],
    [0.9374, 'ratio', '93.7\u202f%'],
    [97, 'percent', '97\u202f%'],
    [0.0000234, 'seconds', '23.4\u202fµs'],
    [0.182, 'seconds', '182\u202fms'],
    [90, 'seconds', '90\u202fs'],
    [5400, 'seconds', '90\u202fmin'],
    [699.6, 'watts', '700\u202fW'],
    [41_200, 'watts', '41.2\u202fkW'],
    [128_000, 'tokens', '128k\u202ftokens'],
    [1234, 'count', '1234'],
    [999_700, 'count', '1M'],
    [64, 'gpus', '64\u202fGPUs'],
  ])('%d as %s is %s', (value, unit, text) => {
    expect(format(value, unit)).toBe(text);
  });
  it('shows the unknown as a dash, never as zero', () => {
    expect(format(undefined, 'percent')).toBe('–');
    expect(format(Number.NaN, 'watts')).toBe('–');
    expect(quantity(null, 'count')).toEqual({ value: '–', unit: '' });
  });
  it('shows an unlimited quota as infinity', () => {
    expect(format(Number.POSITIVE_INFINITY, 'gpus')).toBe('∞\u202fGPUs');
  });
});

describe('age', () => {
  it.each([
    [4_200, '4 s'],
    [720_000, '12 min'],
    [11_100_000, '3 h 5 min'],
    [7_200_000, '2 h'],
    [187_200_000, '2 d 4 h'],
    [-5, '0 s'],
  ])('%d ms is %s', (ms, text) => {
    expect(age(ms)).toBe(text);
  });
});
