'use client';

import { useTheme } from 'next-themes';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { cn } from '#components/ui/class-names.ts';
import { format, type Unit } from '#format/units.ts';
import { inkOnScale, scaleColor } from './colors.ts';
import { useWidth } from './use-size.ts';

export interface HeatCell {
  /** Null where unknown: hatched, never the colour of zero. */
  readonly value: number | null;
  /** A sign on the cell: something is wrong there, whatever the value says. */
  readonly alert?: string | undefined;
}

export interface HeatMapProps {
  readonly label: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly columnTitle: string;
  /** Cell of a row and a column by index. */
  readonly cell: (row: number, column: number) => HeatCell;
  readonly unit: Unit;
  readonly low: number;
  readonly high: number;
  readonly selected?: { readonly row: number; readonly column: number } | undefined;
  readonly onSelect: (row: number, column: number) => void;
}

const gap = 2;
const rowHeight = 30;
const headHeight = 18;

/** Values on a grid: one canvas, a legend, read by pointer, by keyboard and as a table. */
export function HeatMap(props: HeatMapProps) {
  const { label, rows, columns, columnTitle, cell, unit, low, high, selected, onSelect } = props;
  const { ref, width } = useWidth();
  const { resolvedTheme } = useTheme();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [focus, setFocus] = useState<{ row: number; column: number } | null>(null);
  const nameWidth = width < 420 ? 76 : 96;
  const cellWidth = Math.max(8, (width - nameWidth) / Math.max(1, columns.length));
  const height = headHeight + rows.length * rowHeight;
  const share = (value: number) => (high === low ? 0.5 : (value - low) / (high - low));

  useEffect(() => {
    const node = canvas.current;
    const context = node?.getContext('2d');
    if (node === null || context === null || context === undefined || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    node.width = width * ratio;
    node.height = height * ratio;
    context.scale(ratio, ratio);
    context.clearRect(0, 0, width, height);
    const style = getComputedStyle(node);
    const color = (name: string) => style.getPropertyValue(name);
    const family = style.fontFamily;
    context.textBaseline = 'middle';
    context.font = `11px ${family}`;
    context.fillStyle = color('--ink-faint');
    context.textAlign = 'center';
    columns.forEach((name, c) => {
      context.fillText(name, nameWidth + (c + 0.5) * cellWidth, headHeight / 2);
    });
    rows.forEach((name, r) => {
      const y = headHeight + r * rowHeight;
      context.textAlign = 'left';
      context.fillStyle = color('--ink-soft');
      context.fillText(name, 0, y + rowHeight / 2, nameWidth - 6);
      for (let c = 0; c < columns.length; c++) {
        const { value, alert } = cell(r, c);
        const x = nameWidth + c * cellWidth;
        const box = [x + gap / 2, y + gap / 2, cellWidth - gap, rowHeight - gap] as const;
        if (value === null) {
          context.fillStyle = color('--surface-sunken');
          context.fillRect(...box);
          context.save();
          context.beginPath();
          context.rect(...box);
          context.clip();
          context.strokeStyle = color('--line-strong');
          context.lineWidth = 1;
          for (let d = -rowHeight; d < cellWidth; d += 6) {
            context.beginPath();
            context.moveTo(x + d, y + rowHeight);
            context.lineTo(x + d + rowHeight, y);
            context.stroke();
          }
          context.restore();
        } else {
          context.fillStyle = scaleColor(share(value));
          context.fillRect(...box);
          if (cellWidth >= 40) {
            context.fillStyle = inkOnScale(share(value));
            context.textAlign = 'center';
            context.fillText(format(value, unit).replace(/\u202f.*$/, ''), x + cellWidth / 2, y + rowHeight / 2 + 0.5);
          }
        }
        if (alert !== undefined) {
          context.fillStyle = color('--bad-mark');
          context.beginPath();
          context.moveTo(x + cellWidth - gap / 2, y + gap / 2);
          context.lineTo(x + cellWidth - gap / 2 - 11, y + gap / 2);
          context.lineTo(x + cellWidth - gap / 2, y + gap / 2 + 11);
          context.fill();
          context.strokeStyle = color('--surface');
          context.lineWidth = 1;
          context.stroke();
        }
      }
    });
    const ring = (row: number, column: number, stroke: string, line: number) => {
      context.strokeStyle = stroke;
      context.lineWidth = line;
      context.strokeRect(
        nameWidth + column * cellWidth + 1,
        headHeight + row * rowHeight + 1,
        cellWidth - 2,
        rowHeight - 2,
      );
    };
    if (selected !== undefined) ring(selected.row, selected.column, color('--accent'), 3);
    if (focus !== null) ring(focus.row, focus.column, color('--ink'), 2);
    // The theme decides the colours read from the style.
    void resolvedTheme;
  });

  const at = (event: { clientX: number; clientY: number }) => {
    const box = canvas.current!.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left - nameWidth) / cellWidth);
    const row = Math.floor((event.clientY - box.top - headHeight) / rowHeight);
    return row >= 0 && row < rows.length && column >= 0 && column < columns.length ? { row, column } : null;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    const from = focus ?? selected ?? { row: 0, column: 0 };
    if (move !== undefined) {
      event.preventDefault();
      setFocus({
        row: Math.min(rows.length - 1, Math.max(0, from.row + (move[0] ?? 0))),
        column: Math.min(columns.length - 1, Math.max(0, from.column + (move[1] ?? 0))),
      });
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      onSelect(from.row, from.column);
    } else if (event.key === 'Escape') setFocus(null);
  };

  const focused = focus === null ? null : cell(focus.row, focus.column);
  const tip =
    focus === null || focused === null
      ? null
      : `${rows[focus.row]}, ${columnTitle} ${columns[focus.column]}: ${focused.value === null ? 'no sample' : format(focused.value, unit)}`;

  return (
    <div className="min-w-0">
      <div ref={ref} className="relative">
        {width > 0 && (
          <canvas
            ref={canvas}
            tabIndex={0}
            role="img"
            aria-label={`${label}. Arrow keys move over cells, Enter opens one. ${tip ?? ''}`}
            className="block cursor-pointer"
            style={{ width, height }}
            onPointerMove={(event) => setFocus(at(event))}
            onPointerLeave={() => setFocus(null)}
            onBlur={() => setFocus(null)}
            onKeyDown={onKeyDown}
            onClick={(event) => {
              const place = at(event);
              if (place !== null) onSelect(place.row, place.column);
            }}
          />
        )}
        {tip !== null && focus !== null && (
          <div
            role="status"
            className="pointer-events-none absolute z-20 w-max max-w-60 rounded-md border border-line bg-raised px-2 py-1 text-xs text-ink shadow-lg"
            style={{
              top: headHeight + (focus.row + 1) * rowHeight + 4,
              ...(focus.column > columns.length / 2
                ? { right: width - (nameWidth + (focus.column + 1) * cellWidth) }
                : { left: nameWidth + focus.column * cellWidth }),
            }}
          >
            <span className="tabular">{tip}</span>
            {focused?.alert !== undefined && <div className="text-bad">{focused.alert}</div>}
          </div>
        )}
      </div>
      <div className="mt-2 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs text-ink-faint">
        <span className="flex items-center gap-2 tabular">
          {format(low, unit)}
          <span
            aria-hidden
            className="h-2.5 w-36 rounded-sm"
            style={{
              background: `linear-gradient(90deg, ${Array.from({ length: 13 }, (_, i) => scaleColor(i / 12)).join(', ')})`,
            }}
          />
          {format(high, unit)}
        </span>
        <span className="flex items-center gap-1.5">
          <span aria-hidden className={cn('hatched size-3 rounded-sm bg-sunken')} /> no sample
        </span>
        <span className="flex items-center gap-1.5">
          <span aria-hidden className="size-0 border-l-[9px] border-t-[9px] border-l-transparent border-t-bad-mark" />{' '}
          suffers, hover for why
        </span>
        <details className="ml-auto">
          <summary className="rounded text-ink-soft">As a table</summary>
          <div className="mt-2 max-w-full overflow-x-auto">
            <table className="tabular text-xs text-ink">
              <caption className="sr-only">{label}</caption>
              <thead>
                <tr>
                  <th scope="col" className="px-2 text-left font-medium">
                    Node
                  </th>
                  {columns.map((name) => (
                    <th key={name} scope="col" className="px-2 text-right font-medium">
                      {columnTitle} {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {rows.map((name, r) => (
                  <tr key={name}>
                    <th scope="row" className="px-2 text-left font-normal">
                      {name}
                    </th>
                    {columns.map((column, c) => (
                      <td key={column} className="px-2 text-right">
                        {format(cell(r, c).value, unit)}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      </div>
    </div>
  );
}
