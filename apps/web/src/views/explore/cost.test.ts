import { describe, expect, it } from 'vitest';
import { costText } from './cost.ts';

describe('costText', () => {
  it('tells what is known and leaves out what is not', () => {
    const cost = { seriesRead: 64, samplesRead: 15_424, gatewayMs: 4.234, totalMs: 31.2, bytes: 12_800 };
    expect(costText(8, 1928, cost).replaceAll('\u202f', ' ')).toBe(
      '8 series, 1,928 points · 64 series read · 15,424 samples read · 4.2 ms in the gateway · 31.2 ms to here · 12.5 KiB',
    );
    const untold = { seriesRead: undefined, samplesRead: undefined, gatewayMs: undefined, totalMs: 100, bytes: 0 };
    expect(costText(1, undefined, untold).replaceAll('\u202f', ' ')).toBe('1 series · 100 ms to here · 0 B');
  });
});
