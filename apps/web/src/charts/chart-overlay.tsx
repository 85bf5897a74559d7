'use client';

import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react';
import { cn } from '#components/ui/class-names.ts';
import type { Status } from '#components/ui/status.tsx';
import { format, type Unit } from '#format/units.ts';
import { useFrameState } from '#state/frame-state.ts';
import { setCrosshair, useCrosshair } from './crosshair.ts';
import { type ChartRow, type Gap, nearestRow } from './time-series-model.ts';

/** Space around the plot inside a chart, px: the same for drawing and for pointing. */
export const plot = { left: 66, right: 12, top: 8, bottom: 22 } as const;

const most = 10;

/** An alert or a change on the time axis. */
export interface ChartMark {
  /** ms since 1970 */
  readonly time: number;
  readonly label: string;
  readonly status: Status;
}

/** What lies over the lines: gaps, marks, the crosshair shared by the page, the tooltip, and drag to zoom. */
export function ChartOverlay({
  label,
  width,
  height,
  range,
  rows,
  gaps,
  lines,
  unit,
  bandName,
  marks,
}: {
  label: string;
  width: number;
  height: number;
  range: { readonly fromMs: number; readonly toMs: number };
  rows: readonly ChartRow[];
  gaps: readonly Gap[];
  lines: readonly { readonly name: string; readonly color: string; readonly shown: boolean }[];
  unit: Unit;
  bandName: string | undefined;
  marks: readonly ChartMark[];
}) {
  const { setState } = useFrameState();
  const crosshair = useCrosshair();
  const [active, setActive] = useState(false);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const area = useRef<HTMLDivElement>(null);
  const plotWidth = Math.max(1, width - plot.left - plot.right);
  const span = range.toMs - range.fromMs;
  const xOf = (time: number) => plot.left + ((time - range.fromMs) / span) * plotWidth;
  const timeAt = (event: PointerEvent) => {
    const x = event.clientX - (area.current?.getBoundingClientRect().left ?? 0) - plot.left;
    return range.fromMs + Math.min(1, Math.max(0, x / plotWidth)) * span;
  };

  const row =
    crosshair === null || crosshair < range.fromMs || crosshair > range.toMs ? undefined : nearestRow(rows, crosshair);
  const step = (rows[1]?.time ?? 0) - (rows[0]?.time ?? 0);

  const zoom = (from: number, to: number) => {
    const [low, high] = from < to ? [from, to] : [to, from];
    if (high - low < Math.max(step, 5e3)) return;
    void setState({ from: new Date(low).toISOString(), to: new Date(high).toISOString() });
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: -1, ArrowRight: 1, PageUp: -10, PageDown: 10 }[event.key];
    if (move !== undefined) {
      event.preventDefault();
      const base = row?.time ?? range.toMs;
      setActive(true);
      setCrosshair(Math.min(range.toMs, Math.max(range.fromMs, base + move * step)));
    } else if (event.key === 'Escape') {
      setActive(false);
      setDrag(null);
      setCrosshair(null);
    }
  };

  return (
    <div
      ref={area}
      role="img"
      aria-label={`${label}. Arrow keys read values.`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: values are read by keyboard
      tabIndex={0}
      className="absolute inset-0 cursor-crosshair touch-pan-y select-none"
      onPointerMove={(event) => {
        const time = timeAt(event);
        setActive(true);
        setCrosshair(time);
        if (drag !== null) setDrag({ ...drag, to: time });
      }}
      onPointerLeave={() => {
        setActive(false);
        if (drag === null) setCrosshair(null);
      }}
      onPointerDown={(event) => {
        if (event.button !== 0 || event.pointerType === 'touch') return;
        event.currentTarget.setPointerCapture(event.pointerId);
        setDrag({ from: timeAt(event), to: timeAt(event) });
      }}
      onPointerUp={() => {
        if (drag !== null) zoom(drag.from, drag.to);
        setDrag(null);
      }}
      onPointerCancel={() => setDrag(null)}
      onBlur={() => setActive(false)}
      onKeyDown={onKeyDown}
    >
      {gaps.map((gap) => (
        <div
          key={gap.fromMs}
          data-gap
          className="hatched pointer-events-none absolute"
          style={{
            left: xOf(gap.fromMs),
            width: Math.max(2, xOf(gap.toMs) - xOf(gap.fromMs)),
            top: plot.top,
            bottom: plot.bottom,
          }}
        >
          {xOf(gap.toMs) - xOf(gap.fromMs) > 60 && (
            <span className="absolute left-1 top-0.5 rounded bg-surface px-1 text-2xs text-ink-faint">no samples</span>
          )}
        </div>
      ))}
      {marks
        .filter((mark) => mark.time >= range.fromMs && mark.time <= range.toMs)
        .map((mark) => (
          <span
            key={`${mark.time}${mark.label}`}
            title={mark.label}
            data-status={mark.status}
            className={cn(
              'absolute size-2 -translate-x-1/2 rotate-45',
              { ok: 'bg-ok-mark', attention: 'bg-attention-mark', bad: 'bg-bad-mark', unknown: 'bg-unknown-mark' }[
                mark.status
              ],
            )}
            style={{ left: xOf(mark.time), bottom: plot.bottom - 4 }}
          />
        ))}
      {drag !== null && (
        <div
          className="pointer-events-none absolute border-x border-accent bg-accent/15"
          style={{
            left: Math.min(xOf(drag.from), xOf(drag.to)),
            width: Math.abs(xOf(drag.to) - xOf(drag.from)),
            top: plot.top,
            bottom: plot.bottom,
          }}
        />
      )}
      {row !== undefined && (
        <>
          <div
            className="pointer-events-none absolute w-px bg-ink-faint/60"
            style={{ left: xOf(row.time), top: plot.top, bottom: plot.bottom }}
          />
          {active && (
            <ChartTooltip
              row={row}
              lines={lines}
              unit={unit}
              bandName={bandName}
              x={xOf(row.time)}
              width={width}
              top={height < 120 ? -4 : 8}
              marks={marks}
              step={step}
            />
          )}
        </>
      )}
    </div>
  );
}

function ChartTooltip({
  row,
  lines,
  unit,
  bandName,
  x,
  width,
  top,
  marks,
  step,
}: {
  row: ChartRow;
  lines: readonly { readonly name: string; readonly color: string; readonly shown: boolean }[];
  unit: Unit;
  bandName: string | undefined;
  x: number;
  width: number;
  top: number;
  marks: readonly ChartMark[];
  step: number;
}) {
  const entries = lines
    .map((line, i) => ({ ...line, value: row.values[i] ?? null }))
    .filter((entry) => entry.shown && entry.value !== null)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const near = marks.filter((mark) => Math.abs(mark.time - row.time) <= step / 2);
  return (
    <div
      role="status"
      className="pointer-events-none absolute z-20 w-max max-w-64 rounded-md border border-line bg-raised px-2 py-1.5 text-xs text-ink shadow-lg"
      style={x > width / 2 ? { right: width - x + 10, top } : { left: x + 10, top }}
    >
      <div className="mb-0.5 tabular text-ink-faint">
        {new Date(row.time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'medium' })}
      </div>
      {entries.length === 0 && <div className="text-ink-soft">no sample</div>}
      {entries.slice(0, most).map((entry) => (
        <div key={entry.name} className="flex items-center gap-1.5">
          <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: entry.color }} />
          <span className="min-w-0 flex-1 truncate">{entry.name}</span>
          <span className="tabular pl-2 font-medium">{format(entry.value, unit)}</span>
        </div>
      ))}
      {entries.length > most && <div className="text-ink-faint">and {entries.length - most} more</div>}
      {row.band !== null && (
        <div className="text-ink-soft">
          {bandName}: {format(row.band[0], unit)} – {format(row.band[1], unit)}
        </div>
      )}
      {near.map((mark) => (
        <div key={mark.label} className="text-ink-soft">
          {mark.label}
        </div>
      ))}
    </div>
  );
}
