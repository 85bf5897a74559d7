'use client';

import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import { useMemo } from 'react';
import type { ChartMark } from '#charts/chart-overlay.tsx';
import { useAlertMarks } from '#charts/use-alert-marks.ts';
import { useInstant, useRange, useRecords } from '#data/hooks.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { ViewBody } from '#panel/view-body.tsx';
import { driftGuide } from './guide.ts';
import { DriftChart } from './panels/drift-chart.tsx';
import { Outputs } from './panels/outputs.tsx';
import { ProbeTable } from './panels/probe-table.tsx';
import { fingerprintChanges, forkQuote, type Probe, probesOf, type Round, roundsOf } from './prepare.ts';
import { divergence, driftMetrics, fingerprints, newestRound, overRounds } from './queries.ts';

/** Does the same question still get the same answer? */
export function DriftView() {
  const [chosen, setChosen] = useQueryState('probe', parseAsString.withOptions({ history: 'push' }));
  const [mode, setMode] = useQueryState(
    'mode',
    parseAsStringLiteral(['serial', 'concurrent']).withDefault('concurrent'),
  );
  const newest = useInstant(newestRound);
  const records = useRecords({ kind: 'drift_probe', limit: 1000 });
  const prints = useRange(fingerprints, { share: 1 / 2 });
  const alerts = useAlertMarks('/drift');
  const marks = useMemo<readonly ChartMark[]>(
    () => [...alerts, ...fingerprintChanges(prints.data).map((change) => ({ ...change, status: 'unknown' as const }))],
    [alerts, prints.data],
  );

  const probes = probesOf(newest.data?.samples ?? []);
  const probe = probes.find((p) => p.id === chosen) ?? probes[0];
  const rounds = probe === undefined ? {} : roundsOf(records.data ?? [], probe);
  const select = (id: string) => void setChosen(id);
  const now = mode === 'serial' ? 'one at a time' : 'at once';

  return (
    <>
      <ViewHeader
        title="Drift"
        question="Does the same question still get the same answer?"
        answer={
          <Answer
            probes={probes}
            worst={probes[0] === undefined ? undefined : roundsOf(records.data ?? [], probes[0]).concurrent}
            onSelect={select}
          />
        }
      />
      <ViewBody guide={driftGuide}>
        <div className="grid gap-3 xl:grid-cols-2">
          <div className="min-w-0 xl:col-span-2">
            <ProbeTable probes={probes} query={newest} selected={probe?.id ?? null} onSelect={select} />
          </div>
          <div className="min-w-0 xl:col-span-2">
            <Outputs
              probe={probe}
              rounds={rounds}
              mode={mode}
              onMode={(value) => void setMode(value)}
              query={newest.data === undefined ? newest : records}
            />
          </div>
          <DriftChart
            title="Agreement one at a time"
            note="Share of the runs with the most common answer"
            expression={overRounds(driftMetrics.agreement, 'serial')}
            unit="ratio"
            marks={marks}
            yMax={1}
          />
          <DriftChart
            title="Agreement at once"
            note="The same, with all requests of the round at once"
            expression={overRounds(driftMetrics.agreement, 'concurrent')}
            unit="ratio"
            marks={marks}
            yMax={1}
          />
          <DriftChart
            title={`Distinct answers, ${now}`}
            note="1 is what temperature 0 should give"
            expression={overRounds(driftMetrics.unique, mode)}
            unit="count"
            marks={marks}
          />
          <DriftChart
            title={`Characters before the first departure, ${now}`}
            note="Shared with the reference by every answer; no line where none departs"
            expression={divergence(mode)}
            unit="count"
            marks={marks}
            rounds={overRounds(driftMetrics.agreement, mode)}
            emptyIsGood="No answer departed from its reference in this time range."
          />
        </div>
      </ViewBody>
    </>
  );
}

function Answer({
  probes,
  worst,
  onSelect,
}: {
  probes: readonly Probe[];
  /** Concurrent round of the first probe, for a quote of its fork. */
  worst: Round | undefined;
  onSelect: (id: string) => void;
}) {
  if (probes.length === 0) return null;
  const stable = probes.filter((p) => p.verdict.kind === 'stable').length;
  const unsure = probes.filter((p) => p.verdict.status === 'unknown').length;
  const odd = probes.filter((p) => p.verdict.status === 'bad' || p.verdict.status === 'attention');
  const fork = worst?.outputs.find((output) => output.divergesAt !== null);
  const quote =
    odd.length === 0 || worst === undefined || fork?.divergesAt == null
      ? null
      : forkQuote(worst.reference, fork.text, fork.divergesAt);
  return (
    <>
      <strong className="tabular">
        {stable} of {probes.length}
      </strong>{' '}
      probes still get the same answer, alone and under load{unsure > 0 && `, of ${unsure} it is not known`}.{' '}
      {odd.slice(0, 3).map((p, i) => (
        <span key={p.id}>
          {i > 0 && ' '}
          <button type="button" className="rounded text-accent hover:underline" onClick={() => onSelect(p.id)}>
            {p.probe}
          </button>{' '}
          on {p.model}: {p.verdict.word}.
        </span>
      ))}
      {odd.length > 3 && ` And ${odd.length - 3} more.`}
      {quote !== null && (
        <span className="block text-[13px] text-ink-soft">
          After “…{quote.same.trim()}” the reference goes on “{quote.instead.trim()}…”, an answer “{quote.got.trim()}…”.
        </span>
      )}
    </>
  );
}
