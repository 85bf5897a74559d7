import { describe, expect, it } from 'vitest';
import { alignRange, parseMoment, refreshSeconds, resolveRange, stepSeconds } from './time-range.ts';

const now = Date.UTC(2026, 0, 2, 12, 0, 7);

describe('parseMoment', () => {
  it.each([
    ['now', now],
    ['now-90m', now - 90 * 60e3],
    ['now-2d', now - 2 * 86_400e3],
    ['1767355200000', 1_767_355_200_000],
    ['2026-01-02T11:00:00Z', Date.UTC(2026, 0, 2, 11)],
  ])('reads %s', (text, expected) => {
    expect(parseMoment(text, now)).toBe(expected);
  });
  it.each(['yesterday', 'now-', 'now-5y', ''])('has no moment for %j', (text) => {
    expect(parseMoment(text, now)).toBeUndefined();
  });
});

describe('resolveRange', () => {
  it('falls back to the last hour when an end is no time or the range is empty', () => {
    const hour = { fromMs: now - 3600e3, toMs: now };
    expect(resolveRange('soon', 'now', now)).toEqual(hour);
    expect(resolveRange('now', 'now-1h', now)).toEqual(hour);
  });
});

describe('stepSeconds', () => {
  it('draws the range in no more points than asked, on a round step', () => {
    const hours = (h: number) => ({ fromMs: now - h * 3600e3, toMs: now });
    expect(stepSeconds(hours(1), 240)).toBe(15);
    expect(stepSeconds(hours(1), 120)).toBe(30);
    expect(stepSeconds(hours(24), 240)).toBe(600);
    expect(stepSeconds(hours(24 * 365), 240)).toBe(2 * 86_400);
  });
});

describe('alignRange', () => {
  it('asks for the same points again while now moves within a step', () => {
    const a = alignRange({ fromMs: now - 3600e3, toMs: now }, 15);
    const b = alignRange({ fromMs: now + 5e3 - 3600e3, toMs: now + 5e3 }, 15);
    expect(a).toEqual(b);
    expect(a.toMs % 15_000).toBe(0);
    expect(a.fromMs % 15_000).toBe(0);
  });
});

describe('refreshSeconds', () => {
  it('reads settings and never asks more often than every five seconds', () => {
    expect(refreshSeconds('15s')).toBe(15);
    expect(refreshSeconds('1m')).toBe(60);
    expect(refreshSeconds('1s')).toBe(5);
    expect(refreshSeconds('off')).toBeUndefined();
  });
});
