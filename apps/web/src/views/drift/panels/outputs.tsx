'use client';

import { useMemo } from 'react';
import { DiffText } from '#components/ui/diff-text.tsx';
import { Segmented } from '#components/ui/segmented.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { useClock } from '#data/clock.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age } from '#format/units.ts';
import { wordDiff } from '#format/word-diff.ts';
import { Panel } from '#panel/panel.tsx';
import { driftGuide } from '../guide.ts';
import type { Mode, Probe, Round } from '../prepare.ts';

/** Longer texts are stored cut to this many characters. */
const storedCharacters = 2000;

/** The answers of the chosen probe's newest round, each against the reference, word by word. */
export function Outputs({
  probe,
  rounds,
  mode,
  onMode,
  query,
}: {
  probe: Probe | undefined;
  rounds: Partial<Record<Mode, Round>>;
  mode: Mode;
  onMode: (mode: Mode) => void;
  query: QueryState<unknown>;
}) {
  const { nowMs } = useClock();
  const round = rounds[mode];
  return (
    <Panel
      title={probe === undefined ? 'Answers' : `Answers to ${probe.probe} by ${probe.model}`}
      note={
        round === undefined
          ? 'Newest round'
          : `Newest round, ${age(nowMs - round.at)} ago · fingerprint ${round.fingerprint ?? 'not sent by the server'}`
      }
      queries={[query]}
      empty={probe === undefined}
      metrics={['binnacle_drift_agreement_ratio']}
      guide={driftGuide}
      actions={
        <Segmented
          label="Round"
          value={mode}
          options={[
            { value: 'serial', label: 'One at a time' },
            { value: 'concurrent', label: 'At once' },
          ]}
          onChange={onMode}
        />
      }
    >
      {probe !== undefined && (
        <div className="grid gap-3 text-[13px]">
          <div className="flex flex-wrap items-baseline gap-x-2 gap-y-1">
            <StatusBadge status={probe.verdict.status}>{probe.verdict.word}</StatusBadge>
            <span className="min-w-0 flex-1 basis-72">
              {probe.verdict.meaning}
              <span className="block text-xs text-ink-faint first-letter:uppercase">{probe.verdict.evidence}.</span>
            </span>
          </div>
          {round === undefined ? (
            <p className="hatched rounded-md p-4 text-center text-ink-soft">
              The newest round of this kind left no answers to show.
            </p>
          ) : (
            <RoundOutputs round={round} />
          )}
        </div>
      )}
    </Panel>
  );
}

function RoundOutputs({ round }: { round: Round }) {
  const answered = round.outputs.reduce((sum, output) => sum + output.count, 0);
  const compared = useMemo(
    () => round.outputs.map((output) => ({ ...output, parts: wordDiff(round.reference, output.text) })),
    [round],
  );
  const beyond = answered < round.runs - round.failures ? round.runs - round.failures - answered : 0;
  return (
    <>
      <Text title="Question" text={round.prompt} />
      {round.outputs.every((output) => output.divergesAt !== null) && (
        <Text title="Reference answer, which no run gave" text={round.reference} />
      )}
      {round.failures > 0 && (
        <p className="rounded-md bg-attention-wash px-2.5 py-1.5 text-xs text-attention">
          {round.failures} of {round.runs} runs failed, so this round says nothing about agreement.
        </p>
      )}
      <ol className="grid gap-2" aria-label="Distinct answers">
        {compared.map(({ text, count, divergesAt, parts }) => (
          <li key={text} className="rounded-md border border-line" data-fork={divergesAt !== null}>
            <div className="flex flex-wrap items-center gap-2 border-b border-line bg-sunken px-2.5 py-1 text-xs">
              <span className="font-medium tabular">
                {count} of {round.runs} runs
              </span>
              {divergesAt === null ? (
                <StatusBadge status="ok">the reference</StatusBadge>
              ) : (
                <StatusBadge status="attention">forks at character {divergesAt}</StatusBadge>
              )}
            </div>
            <p className="whitespace-pre-wrap break-words px-2.5 py-2 leading-6">
              {divergesAt === null ? text : <DiffText parts={parts} />}
            </p>
          </li>
        ))}
      </ol>
      <p className="text-xs text-ink-faint">
        {compared.some((output) => output.divergesAt !== null) &&
          'Struck through: words of the reference that are missing. Underlined: words that came instead.'}
        {Array.from(round.reference).length >= storedCharacters &&
          ' Texts are compared as stored, cut at 2,000 characters.'}
        {beyond > 0 && ` ${beyond} more runs gave rarer answers, which are not kept.`}
      </p>
    </>
  );
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <div>
      <h3 className="text-xs text-ink-faint">{title}</h3>
      <p className="whitespace-pre-wrap break-words leading-6">{text}</p>
    </div>
  );
}
