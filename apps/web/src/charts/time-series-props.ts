import type { Unit } from '#format/units.ts';
import type { ChartMark } from './chart-overlay.tsx';
import type { ChartBand, ChartLine } from './time-series-model.ts';

export interface TimeSeriesChartProps {
  /** What the chart shows, for people who do not see it. */
  readonly label: string;
  readonly lines: readonly ChartLine[];
  readonly unit: Unit;
  readonly range: { readonly fromMs: number; readonly toMs: number; readonly stepSeconds: number };
  readonly height?: number;
  /** The expected range, drawn behind the lines. */
  readonly band?: ChartBand | undefined;
  /** A fixed limit or target. */
  readonly threshold?: { readonly value: number; readonly label: string } | undefined;
  /** Alerts and changes on the time axis. */
  readonly marks?: readonly ChartMark[];
  /** `auto` lets the axis start above zero, where zero means nothing. */
  readonly yMin?: number | 'auto';
  readonly yMax?: number | 'auto';
  readonly legend?: boolean;
  /** Lines stand on each other as areas, the first one lowest: for parts of a whole. The axis holds zero. */
  readonly stacked?: boolean;
}
