'use client';

import { Compass, History, Play, Plus, Square } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Input } from '#components/ui/input.tsx';
import { Segmented } from '#components/ui/segmented.tsx';
import { typedStepSeconds } from '../step.ts';
import type { ExploreOptions } from '../use-explore-options.ts';

export type Drawer = 'history' | 'metrics';

/** Runs, adds, opens the drawers, and says how answers are shown. */
export function Toolbar({
  options,
  step,
  running,
  full,
  onRun,
  onStop,
  onAdd,
  onDrawer,
}: {
  options: ExploreOptions;
  /** Seconds between points as asked now. */
  step: number;
  running: boolean;
  /** There are as many queries as there may be. */
  full: boolean;
  onRun: () => void;
  onStop: () => void;
  onAdd: () => void;
  onDrawer: (drawer: Drawer) => void;
}) {
  const { show, draw, charts, setOptions } = options;
  return (
    <div className="mt-2 flex flex-wrap items-center gap-2">
      <Button variant="primary" onClick={onRun}>
        <Play aria-hidden /> Run
      </Button>
      {running && (
        <Button onClick={onStop}>
          <Square aria-hidden /> Cancel
        </Button>
      )}
      <Button onClick={onAdd} disabled={full}>
        <Plus aria-hidden /> Add query
      </Button>
      <Button variant="ghost" onClick={() => onDrawer('metrics')}>
        <Compass aria-hidden /> Metrics
      </Button>
      <Button variant="ghost" onClick={() => onDrawer('history')}>
        <History aria-hidden /> History
      </Button>
      <span className="text-xs text-ink-faint max-2xl:hidden">ctrl-enter runs, ctrl-space completes</span>
      <div className="flex-1" />
      <Segmented
        label="Show"
        value={show}
        options={[
          { value: 'graph', label: 'Graph' },
          { value: 'table', label: 'Table' },
          { value: 'both', label: 'Both' },
        ]}
        onChange={(value) => void setOptions({ show: value })}
      />
      {show !== 'table' && (
        <>
          <StepField value={options.step} seconds={step} onChange={(next) => void setOptions({ step: next })} />
          <Segmented
            label="Drawn as"
            value={draw}
            options={[
              { value: 'lines', label: 'Lines' },
              { value: 'stacked', label: 'Stacked' },
            ]}
            onChange={(value) => void setOptions({ draw: value })}
          />
          <Segmented
            label="Charts"
            value={charts}
            options={[
              { value: 'one', label: 'One chart' },
              { value: 'each', label: 'One each' },
            ]}
            onChange={(value) => void setOptions({ charts: value })}
          />
        </>
      )}
    </div>
  );
}

/** Seconds between points: `auto`, or a duration. What is none is marked and not asked for. */
function StepField({
  value,
  seconds,
  onChange,
}: {
  value: string;
  seconds: number;
  onChange: (step: string | null) => void;
}) {
  const [text, setText] = useState(value === 'auto' ? '' : value);
  useEffect(() => setText(value === 'auto' ? '' : value), [value]);
  const wrong = text.trim() !== '' && typedStepSeconds(text) === undefined;
  const commit = () => {
    if (wrong) return;
    const step = text.trim();
    onChange(step === '' ? null : step);
  };
  return (
    <div className="flex items-center gap-1.5 text-xs text-ink-soft">
      <span aria-hidden>Step</span>
      <Input
        aria-label="Step"
        value={text}
        placeholder={`auto, ${seconds} s`}
        aria-invalid={wrong}
        title={wrong ? 'A duration such as 15s or 1m30s; empty chooses by itself' : 'Time between points'}
        className="h-7 w-24 text-xs"
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
    </div>
  );
}
