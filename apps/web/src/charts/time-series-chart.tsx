'use client';

import dynamic from 'next/dynamic';
import type { Unit } from '#format/units.ts';
import { ChartComing } from './chart-coming.tsx';
import type { ChartMark } from './chart-overlay.tsx';
import type { ChartBand, ChartLine } from './time-series-model.ts';
import { useNearWindow } from './use-near-window.ts';

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
}

/** The drawing brings the chart library: it loads beside the first answers instead of before the page comes alive. */
const Drawing = dynamic(() => import('./time-series-drawing.tsx'), { ssr: false, loading: () => <ChartComing /> });

/**
 * Lines over time. Gaps stay gaps, the crosshair is the page's, dragging over it changes the page's range. Drawn once it
 * comes near the window: a page of many charts shows first what can be seen.
 */
export function TimeSeriesChart(props: TimeSeriesChartProps) {
  const { near, ref } = useNearWindow<HTMLDivElement>();
  return (
    <div
      ref={ref}
      className="min-w-0"
      style={{ minHeight: props.height ?? 200 }}
      data-drawing={near ? undefined : 'later'}
    >
      {near && <Drawing {...props} />}
    </div>
  );
}
