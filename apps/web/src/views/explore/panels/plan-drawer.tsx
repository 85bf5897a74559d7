'use client';

import { useQuery } from '@tanstack/react-query';
import { Check, Gauge } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogContent } from '#components/ui/dialog.tsx';
import { Select } from '#components/ui/input.tsx';
import { GatewayError } from '#data/gateway-error.ts';
import { useFrameState } from '#state/frame-state.ts';
import { alignRange, resolveRange } from '#state/time-range.ts';
import { explainQuery, type PlanChoice, planChoices } from '../explain.ts';
import { errorNote } from '../notes.ts';
import { Plan } from './plan.tsx';

const choices: Readonly<Record<PlanChoice, string>> = {
  auto: 'The plan the engine chooses',
  stream: 'As if streamed',
  'push-down': 'As if the store computed',
  resample: 'As if resampled',
};

/** How a query is answered: its tree, what is read by which plan, and the statements. */
export function PlanDrawer({
  letter,
  expr,
  step,
  onClose,
}: {
  letter: string;
  expr: string;
  /** Seconds between points; undefined where the page asks for one moment only. */
  step: number | undefined;
  onClose: () => void;
}) {
  const { from, to } = useFrameState();
  const [plan, setPlan] = useState<PlanChoice>('auto');
  const [analyze, setAnalyze] = useState(false);
  const query = useQuery({
    queryKey: ['explain', expr, from, to, step, plan, analyze],
    queryFn: ({ signal }) => {
      const range = resolveRange(from, to, Date.now());
      const aligned = step === undefined ? range : alignRange(range, step);
      return explainQuery({ expr, ...aligned, stepSeconds: step, plan, analyze }, signal);
    },
    staleTime: 30_000,
  });
  return (
    <Dialog open onOpenChange={(next) => !next && onClose()}>
      <DialogContent
        title={`Plan of query ${letter}`}
        description={`How the gateway answers it ${step === undefined ? 'at the end of' : 'over'} the time range of the page.`}
        side="right"
        className="w-[680px]"
      >
        <div className="grid grid-cols-[minmax(0,1fr)] gap-4 p-4" data-plan>
          <code className="block whitespace-pre-wrap break-words rounded-md bg-sunken p-2.5 font-mono text-xs leading-5">
            {query.data?.query ?? expr}
          </code>
          <div className="flex flex-wrap items-center gap-2">
            <Select
              aria-label="Plan"
              value={plan}
              className="w-auto"
              onChange={(event) => setPlan(event.target.value as PlanChoice)}
            >
              {planChoices.map((choice) => (
                <option key={choice} value={choice}>
                  {choices[choice]}
                </option>
              ))}
            </Select>
            <Button aria-pressed={analyze} onClick={() => setAnalyze(!analyze)}>
              {analyze ? <Check aria-hidden /> : <Gauge aria-hidden />} Run it and count
            </Button>
          </div>
          {query.error !== null ? (
            <Failure error={query.error} onRetry={() => void query.refetch()} />
          ) : query.data === undefined ? (
            <div role="status" aria-label="Loading" className="h-64 animate-pulse rounded-md bg-sunken" />
          ) : (
            <Plan explained={query.data} />
          )}
        </div>
      </DialogContent>
    </Dialog>
  );
}

function Failure({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const absent = error instanceof GatewayError && error.status === 404;
  return (
    <div role="alert" className="rounded-md bg-bad-wash p-3 text-[13px] text-bad">
      <p>
        {absent
          ? 'This gateway does not explain queries: it is older than this page.'
          : error instanceof GatewayError
            ? errorNote(error).message
            : error.message}
      </p>
      {!absent && (
        <Button size="small" className="mt-2" onClick={onRetry}>
          Retry
        </Button>
      )}
    </div>
  );
}
