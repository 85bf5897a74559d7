'use client';

import { useQuery } from '@tanstack/react-query';
import { ChevronLeft, Search } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { Dialog, DialogContent } from '#components/ui/dialog.tsx';
import { Input, Select } from '#components/ui/input.tsx';
import { useClock } from '#data/clock.tsx';
import { quote, useCluster } from '#data/cluster.ts';
import { listLabelValues, listMetadata, listSeries } from '#data/prometheus.ts';
import { metadataOf, metricCard } from '../editor/metric-card.ts';
import { chosenSelector, labelsOf, matchingMetrics } from '../metric-choice.ts';

/** Finds a metric, then labels and values, and puts the selector into a query. */
export function MetricsDrawer({ onClose, onPick }: { onClose: () => void; onPick: (expr: string) => void }) {
  const [metric, setMetric] = useState<string | null>(null);
  return (
    <Dialog open onOpenChange={(next) => !next && onClose()}>
      <DialogContent title="Metrics" description="What the sources of this gateway send." side="right">
        {metric === null ? (
          <MetricList onPick={setMetric} />
        ) : (
          <SelectorForm
            key={metric}
            metric={metric}
            onBack={() => setMetric(null)}
            onInsert={(expr) => {
              setMetric(null);
              onPick(expr);
              onClose();
            }}
          />
        )}
      </DialogContent>
    </Dialog>
  );
}

const mostShown = 200;

function MetricList({ onPick }: { onPick: (metric: string) => void }) {
  const [words, setWords] = useState('');
  const names = useQuery({
    queryKey: ['catalogue', 'values', '__name__', ''],
    queryFn: ({ signal }) => listLabelValues('__name__', undefined, signal),
    staleTime: 60_000,
  });
  const metadata = useQuery({
    queryKey: ['catalogue', 'metadata'],
    queryFn: ({ signal }) => listMetadata(signal),
    staleTime: 60_000,
  });
  const cards = (names.data ?? []).map((name) => metricCard(name, metadataOf(name, metadata.data ?? {})));
  const shown = matchingMetrics(cards, words);
  return (
    <div className="grid gap-3 p-4">
      <div className="relative">
        <Search aria-hidden className="pointer-events-none absolute left-2 top-2 size-4 text-ink-faint" />
        <Input
          aria-label="Search metrics"
          placeholder="Words of the name or of its help"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          className="pl-8"
        />
      </div>
      {names.error !== null ? (
        <p role="alert" className="text-[13px] text-bad">
          {names.error.message}
        </p>
      ) : names.data === undefined ? (
        <div role="status" aria-label="Loading" className="h-64 animate-pulse rounded-md bg-sunken" />
      ) : (
        <>
          <p className="text-xs tabular text-ink-faint">
            {shown.length} of {cards.length} metrics{shown.length > mostShown && `; the first ${mostShown} are listed`}
          </p>
          <ul className="grid gap-0.5" aria-label="Metrics">
            {shown.slice(0, mostShown).map((card) => (
              <li key={card.head}>
                <button
                  type="button"
                  onClick={() => onPick(card.head)}
                  className="w-full rounded-md px-2 py-1 text-left hover:bg-sunken"
                >
                  <code className="block break-all font-mono text-xs">{card.head}</code>
                  <span className="block text-2xs text-ink-faint">
                    {card.remark !== undefined && `${card.remark} · `}
                    {card.text}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}

function SelectorForm({
  metric,
  onBack,
  onInsert,
}: {
  metric: string;
  onBack: () => void;
  onInsert: (expr: string) => void;
}) {
  const { name: cluster } = useCluster();
  const { range } = useClock();
  const [byHand, setByHand] = useState<Readonly<Record<string, string>>>();
  const series = useQuery({
    queryKey: ['catalogue', 'series', metric],
    queryFn: ({ signal }) => listSeries([`{__name__=${quote(metric)}}`], range, signal),
    staleTime: 60_000,
  });
  // The page's cluster is where one begins, where the metric is told of it.
  const here = series.data?.some((labels) => labels.cluster === cluster && cluster !== undefined) ?? false;
  const chosen = byHand ?? (here && cluster !== undefined ? { cluster } : {});
  const { labels, matching } = labelsOf(series.data ?? [], chosen);
  const selector = chosenSelector(metric, labels, chosen);
  return (
    <div className="grid gap-3 p-4">
      <div>
        <Button variant="ghost" size="small" onClick={onBack}>
          <ChevronLeft aria-hidden /> All metrics
        </Button>
      </div>
      <code className="block break-all rounded-md bg-sunken p-2.5 font-mono text-xs leading-5">{selector}</code>
      {series.error !== null ? (
        <p role="alert" className="text-[13px] text-bad">
          {series.error.message}
        </p>
      ) : series.data === undefined ? (
        <div role="status" aria-label="Loading" className="h-40 animate-pulse rounded-md bg-sunken" />
      ) : (
        <>
          <div className="flex items-center gap-3">
            <Button variant="primary" onClick={() => onInsert(selector)}>
              Insert
            </Button>
            <span className="text-xs tabular text-ink-faint">
              {matching} of {series.data.length} series in this time range
            </span>
          </div>
          <ul className="grid gap-2" aria-label="Labels">
            {labels.map(({ name, values }) => (
              <li key={name} className="grid grid-cols-[minmax(0,2fr)_minmax(0,3fr)] items-center gap-2">
                <label className="break-all font-mono text-xs" htmlFor={`label-${name}`}>
                  {name}
                </label>
                <Select
                  id={`label-${name}`}
                  value={chosen[name] ?? ''}
                  onChange={(event) => {
                    const { [name]: _, ...rest } = chosen;
                    setByHand(event.target.value === '' ? rest : { ...rest, [name]: event.target.value });
                  }}
                >
                  <option value="">any of {values.length}</option>
                  {values.map((value) => (
                    <option key={value} value={value}>
                      {value}
                    </option>
                  ))}
                </Select>
              </li>
            ))}
          </ul>
        </>
      )}
    </div>
  );
}
