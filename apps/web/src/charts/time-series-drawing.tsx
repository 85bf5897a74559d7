'use client';

import { memo, useMemo, useState } from 'react';
import { Area, CartesianGrid, ComposedChart, Line, ReferenceLine, XAxis, YAxis } from 'recharts';
import type { Status } from '#components/ui/status.tsx';
import { format, timeLabel } from '#format/units.ts';
import { ChartLegend } from './chart-legend.tsx';
import { ChartOverlay, plot } from './chart-overlay.tsx';
import { categoricalColor } from './colors.ts';
import { same } from './same.ts';
import { type ChartRow, chartGaps, chartRows, stackedRows, timeTicks, valueAxis } from './time-series-model.ts';
import type { TimeSeriesChartProps } from './time-series-props.ts';
import { useWidth } from './use-size.ts';

const markColor: Record<Status, string> = {
  ok: 'var(--ok-mark)',
  attention: 'var(--attention-mark)',
  bad: 'var(--bad-mark)',
  unknown: 'var(--unknown-mark)',
};

/** Lines over time. Gaps stay gaps, the crosshair is the page's, dragging over it changes the page's range. */
function TimeSeriesDrawing(props: TimeSeriesChartProps) {
  const {
    label,
    lines,
    unit,
    range,
    height = 200,
    band,
    threshold,
    marks = [],
    yMin = 0,
    yMax = 'auto',
    legend = true,
    stacked = false,
  } = props;
  const { ref, width } = useWidth();
  const [only, setOnly] = useState<string | null>(null);
  const { rows, gaps, isolated } = useMemo(() => {
    const plain = chartRows(lines, band, range);
    const rows = stacked ? stackedRows(plain) : plain;
    // A point with a gap on both sides has no line to be seen by.
    const isolated = lines.map((_, column) =>
      rows.some(
        (row, i) =>
          row.values[column] !== null &&
          (rows[i - 1]?.values[column] ?? null) === null &&
          (rows[i + 1]?.values[column] ?? null) === null,
      ),
    );
    return { rows, gaps: chartGaps(rows), isolated };
  }, [lines, band, range, stacked]);
  const colored = lines.map((line, i) => ({
    ...line,
    color: line.color ?? categoricalColor(i),
    dashed: line.dashed ?? i >= 8,
    shown: only === null || only === line.name,
  }));
  const span = range.toMs - range.fromMs;
  const extent = useMemo(() => extentOf(rows, threshold?.value), [rows, threshold?.value]);
  const values = valueAxis(
    yMin === 'auto' && !stacked ? extent.low : Math.min(yMin === 'auto' ? 0 : yMin, extent.low),
    yMax === 'auto' ? extent.high : yMax,
    height < 140 ? 2 : 4,
    {
      binary: unit === 'bytes' || unit === 'mebibytes',
      seconds: unit === 'seconds',
      fixedHigh: yMax !== 'auto',
    },
  );
  const axis = { stroke: 'var(--ink-faint)', fontSize: 11, tickLine: false } as const;

  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <div ref={ref} className="relative min-w-0" style={{ height }}>
        {width > 0 && (
          <>
            <ComposedChart
              width={width}
              height={height}
              data={rows}
              margin={{ top: plot.top, right: plot.right, bottom: 0, left: 0 }}
              accessibilityLayer={false}
              aria-hidden
            >
              <CartesianGrid vertical={false} stroke="var(--line)" />
              <XAxis
                {...axis}
                dataKey="time"
                type="number"
                domain={[range.fromMs, range.toMs]}
                allowDataOverflow
                ticks={timeTicks(range.fromMs, range.toMs, Math.max(2, Math.floor(width / 90)))}
                tickFormatter={(time: number) => timeLabel(time, span)}
                height={plot.bottom}
                axisLine={{ stroke: 'var(--line-strong)' }}
              />
              <YAxis
                {...axis}
                width={plot.left}
                domain={values.domain}
                ticks={values.ticks}
                allowDataOverflow
                tickFormatter={(value: number) => format(value, unit)}
                axisLine={false}
              />
              {band !== undefined && (
                <Area
                  dataKey="band"
                  stroke="none"
                  fill="var(--band)"
                  isAnimationActive={false}
                  connectNulls={false}
                  activeDot={false}
                />
              )}
              {threshold !== undefined && (
                <ReferenceLine y={threshold.value} stroke="var(--ink-faint)" strokeDasharray="4 3" />
              )}
              {marks
                .filter((mark) => mark.time >= range.fromMs && mark.time <= range.toMs)
                .map((mark) => (
                  <ReferenceLine
                    key={`${mark.time}${mark.label}`}
                    x={mark.time}
                    stroke={markColor[mark.status]}
                    strokeDasharray="2 2"
                  />
                ))}
              {colored.map((line, i) =>
                !line.shown ? null : stacked ? (
                  <Area
                    key={line.name}
                    dataKey={(row: (typeof rows)[number]) => row.stack?.[i] ?? null}
                    name={line.name}
                    stroke={line.color}
                    strokeWidth={1}
                    fill={line.color}
                    fillOpacity={line.dashed ? 0.2 : 0.4}
                    type="linear"
                    dot={isolated[i] ? { r: 1.5, fill: line.color, fillOpacity: 1, strokeWidth: 0 } : false}
                    activeDot={false}
                    isAnimationActive={false}
                    connectNulls={false}
                  />
                ) : (
                  <Line
                    key={line.name}
                    dataKey={(row: (typeof rows)[number]) => row.values[i]}
                    name={line.name}
                    stroke={line.color}
                    strokeWidth={1.5}
                    {...(line.dashed ? { strokeDasharray: '5 3' } : {})}
                    type="linear"
                    dot={isolated[i] ? { r: 1.5, fill: line.color, strokeWidth: 0 } : false}
                    activeDot={false}
                    isAnimationActive={false}
                    connectNulls={false}
                  />
                ),
              )}
            </ComposedChart>
            <ChartOverlay
              label={label}
              width={width}
              height={height}
              range={range}
              rows={rows}
              gaps={gaps}
              lines={colored}
              unit={unit}
              bandName={band?.name}
              marks={marks}
            />
          </>
        )}
      </div>
      {legend && (lines.length > 1 || band !== undefined || threshold !== undefined) && (
        <ChartLegend
          lines={colored}
          bandName={band?.name}
          threshold={threshold}
          unit={unit}
          only={only}
          onOnly={setOnly}
        />
      )}
    </div>
  );
}

/** Lowest and highest of what is drawn; 0 to 1 where nothing is. */
function extentOf(rows: readonly ChartRow[], threshold: number | undefined): { low: number; high: number } {
  let low = threshold ?? Number.POSITIVE_INFINITY;
  let high = threshold ?? Number.NEGATIVE_INFINITY;
  for (const { values, band, stack } of rows) {
    for (const value of stack === undefined ? values : stack.flatMap((part) => part ?? [])) {
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (band !== null) {
      low = Math.min(low, band[0]);
      high = Math.max(high, band[1]);
    }
  }
  return low > high ? { low: 0, high: 1 } : { low, high };
}

/** A page makes its lines anew with every answer that arrives; only a chart whose own answer changed is drawn again. */
export default memo(TimeSeriesDrawing, (before, after) => same(before, after, 3));
