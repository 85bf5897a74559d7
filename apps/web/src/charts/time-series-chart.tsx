'use client';

import dynamic from 'next/dynamic';
import { ChartComing } from './chart-coming.tsx';
import type { TimeSeriesChartProps } from './time-series-props.ts';
import { useNearWindow } from './use-near-window.ts';

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
