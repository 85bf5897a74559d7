import { describe, expect, it } from 'vitest';
import { typedStepSeconds } from './step.ts';

describe('a typed step', () => {
  it.each([
    ['15s', 15],
    ['1m30s', 90],
    ['500ms', 0.5],
    ['30', 30],
    [' 1h ', 3600],
  ])('%s is %d s', (text, seconds) => {
    expect(typedStepSeconds(text)).toBe(seconds);
  });
  it.each(['auto', '', '0', '0s', 'soon', '-5s', '1x'])('%j is none', (text) => {
    expect(typedStepSeconds(text)).toBeUndefined();
  });
});
