import { describe, expect, it } from 'vitest';
import { inkOnScale, scaleRgb } from './colors.ts';

const luminance = (rgb: readonly number[]) => {
  const [r, g, b] = rgb.map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
};

describe('scale', () => {
  const shares = Array.from({ length: 51 }, (_, i) => i / 50);
  it('rises in luminance all the way, so that it reads without colour', () => {
    for (let i = 1; i < shares.length; i++) {
      expect(luminance(scaleRgb(shares[i]!))).toBeGreaterThan(luminance(scaleRgb(shares[i - 1]!)));
    }
  });
  it('carries ink of at least 4.5:1', () => {
    for (const share of shares) {
      const back = luminance(scaleRgb(share));
      const front = inkOnScale(share) === '#ffffff' ? 1 : 0;
      expect((Math.max(back, front) + 0.05) / (Math.min(back, front) + 0.05)).toBeGreaterThanOrEqual(4.5);
    }
  });
});
