import { categorical, categoricalColor } from '#charts/colors.ts';

/** How the shades of a family differ from its colour, in turn. Each keeps 3:1 against the surface in both themes. */
const shades = [
  (base: string) => base,
  (base: string) => `color-mix(in oklab, ${base} 55%, var(--ink))`,
  (base: string) => `color-mix(in oklab, ${base} 80%, var(--surface))`,
  (base: string) => `color-mix(in oklab, ${base} 78%, var(--ink))`,
] as const;

/** The colour of a query: its letter, and the family of its series. */
export const queryColor = (place: number): string => categoricalColor(place);

/**
 * Colour and dash of a series. With one query (`family` null) series take the categorical colours; with several, shades
 * of their query's colour. What comes round again is dashed: the name tells the rest.
 */
export function seriesLook(family: number | null, index: number): { color: string; dashed: boolean } {
  if (family === null) return { color: categoricalColor(index), dashed: index >= categorical.length };
  const shade = shades[index % shades.length] as (base: string) => string;
  return { color: shade(queryColor(family)), dashed: family >= categorical.length || index >= shades.length };
}
