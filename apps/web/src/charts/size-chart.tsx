'use client';

import { useState } from 'react';
import { CartesianGrid, ComposedChart, Line, Tooltip, XAxis, YAxis } from 'recharts';
import { format, type Unit } from '#format/units.ts';
import { ChartLegend } from './chart-legend.tsx';
import { categoricalColor } from './colors.ts';
import { valueAxis } from './time-series-model.ts';
import { useWidth } from './use-size.ts';

export interface SizeLine {
  readonly name: string;
  /** Ascending sizes, bytes. */
  readonly sizes: readonly number[];
  readonly values: readonly number[];
  readonly color?: string;
  readonly dashed?: boolean;
}

/** A quantity over a size in bytes on a logarithmic axis. Points are measured, dashed lines are models. */
export function SizeChart({
  label,
  lines,
  unit,
  height = 240,
}: {
  label: string;
  lines: readonly SizeLine[];
  unit: Unit;
  height?: number;
}) {
  const { ref, width } = useWidth();
  const [only, setOnly] = useState<string | null>(null);
  const colored = lines.map((line, i) => ({
    ...line,
    color: line.color ?? categoricalColor(i),
    dashed: line.dashed ?? false,
    shown: only === null || only === line.name,
  }));
  const sizes = [...new Set(lines.flatMap((line) => line.sizes))].sort((a, b) => a - b);
  const rows = sizes.map((size) => ({
    size,
    values: lines.map((line) => {
      const at = line.sizes.indexOf(size);
      return at < 0 ? null : (line.values[at] ?? null);
    }),
  }));
  const [low, high] = [sizes[0] ?? 1, sizes.at(-1) ?? 1];
  const ticks: number[] = [];
  const every = Math.max(1, Math.ceil(Math.log2(high / low) / Math.max(3, Math.floor(width / 80))));
  for (let power = Math.ceil(Math.log2(low)); power <= Math.log2(high); power += every) ticks.push(2 ** power);
  const values = valueAxis(0, Math.max(0, ...lines.flatMap((line) => line.values)), 4);
  const axis = { stroke: 'var(--ink-faint)', fontSize: 11, tickLine: false } as const;

  return (
    <div className="flex min-w-0 flex-1 flex-col">
      <div ref={ref} role="img" aria-label={label} className="min-w-0" style={{ height }}>
        {width > 0 && (
          <ComposedChart
            width={width}
            height={height}
            data={rows}
            margin={{ top: 8, right: 16, bottom: 0, left: 0 }}
            accessibilityLayer={false}
          >
            <CartesianGrid stroke="var(--line)" vertical={false} />
            <XAxis
              {...axis}
              dataKey="size"
              type="number"
              scale="log"
              domain={[low, high]}
              ticks={ticks}
              height={22}
              tickFormatter={(size: number) => format(size, 'bytes')}
              axisLine={{ stroke: 'var(--line-strong)' }}
            />
            <YAxis
              {...axis}
              width={66}
              axisLine={false}
              domain={values.domain}
              ticks={values.ticks}
              tickFormatter={(value: number) => format(value, unit)}
            />
            <Tooltip
              isAnimationActive={false}
              cursor={{ stroke: 'var(--ink-faint)' }}
              content={({ active, label: size }) => {
                const row = rows.find((one) => one.size === Number(size));
                if (!active || row === undefined) return null;
                return (
                  <div className="max-w-72 rounded-md border border-line bg-raised px-2 py-1.5 text-xs text-ink shadow-lg">
                    <div className="tabular text-ink-faint">{format(row.size, 'bytes')}</div>
                    {colored.map((line, i) =>
                      line.shown && row.values[i] !== null ? (
                        <div key={line.name} className="flex items-center gap-1.5">
                          <span
                            aria-hidden
                            className="size-2 shrink-0 rounded-full"
                            style={{ background: line.color }}
                          />
                          <span className="min-w-0 flex-1 truncate">{line.name}</span>
                          <span className="pl-2 font-medium tabular">{format(row.values[i], unit)}</span>
                        </div>
                      ) : null,
                    )}
                  </div>
                );
              }}
            />
            {colored.map((line, i) =>
              line.shown ? (
                <Line
                  key={line.name}
                  dataKey={(row: (typeof rows)[number]) => row.values[i]}
                  name={line.name}
                  stroke={line.color}
                  strokeWidth={1.5}
                  {...(line.dashed ? { strokeDasharray: '5 3' } : {})}
                  dot={line.dashed ? false : { r: 2.5, fill: line.color, strokeWidth: 0 }}
                  activeDot={false}
                  isAnimationActive={false}
                  connectNulls
                />
              ) : null,
            )}
          </ComposedChart>
        )}
      </div>
      {lines.length > 1 && (
        <ChartLegend
          lines={colored}
          bandName={undefined}
          threshold={undefined}
          unit={unit}
          only={only}
          onOnly={setOnly}
        />
      )}
    </div>
  );
}
