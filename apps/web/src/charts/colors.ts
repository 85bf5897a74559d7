/** Categorical colours, safe for the common colour-vision deficiencies; more than eight lines repeat them, dashed. */
export const categorical = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => `var(--cat-${n})`);

export const categoricalColor = (index: number) => categorical[index % categorical.length] as string;

type Rgb = readonly [number, number, number];

// Anchors of a scale that rises evenly in lightness from dark blue to yellow (after cividis), made for colour-blind readers.
const anchors: readonly Rgb[] = [
  [0, 32, 77],
  [35, 62, 108],
  [87, 92, 109],
  [124, 123, 120],
  [166, 156, 117],
  [211, 193, 100],
  [255, 234, 70],
];

/** Colour of the perceptual scale at a share from 0 to 1. */
export function scaleColor(share: number): string {
  const [r, g, b] = scaleRgb(share);
  return `rgb(${r} ${g} ${b})`;
}

export function scaleRgb(share: number): Rgb {
  const position = Math.min(1, Math.max(0, share)) * (anchors.length - 1);
  const index = Math.min(anchors.length - 2, Math.floor(position));
  const [a, b] = [anchors[index] as Rgb, anchors[index + 1] as Rgb];
  const mix = (i: 0 | 1 | 2) => Math.round(a[i] + (b[i] - a[i]) * (position - index));
  return [mix(0), mix(1), mix(2)];
}

/** Black or white, whichever reads better on the scale's colour. */
export function inkOnScale(share: number): string {
  const linear = scaleRgb(share).map((c) =>
    c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  const luminance = 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!;
  return luminance > 0.179 ? '#000000' : '#ffffff';
}
