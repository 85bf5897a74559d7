'use client';

import { Bar } from '#charts/bar.tsx';
import { DataTable } from '#charts/data-table.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import type { QueryState } from '#data/query-state.ts';
import { format } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { driftGuide } from '../guide.ts';
import type { ModeResult, Probe } from '../prepare.ts';

function Agreement({ result }: { result: ModeResult }) {
  return (
    <span className="inline-flex items-center gap-2 tabular">
      <Bar
        share={result.agreement}
        className="w-14 max-md:hidden"
        color={result.agreement === 1 ? 'var(--ok-mark)' : 'var(--attention-mark)'}
      />
      <span className="w-12 text-right">{format(result.agreement, 'ratio')}</span>
    </span>
  );
}

const pair = (a: number | null, b: number | null, unit: 'ratio' | 'count') => `${format(a, unit)} / ${format(b, unit)}`;

/** A verdict per probe, with the numbers that it rests on. */
export function ProbeTable({
  probes,
  query,
  selected,
  onSelect,
}: {
  probes: readonly Probe[];
  query: QueryState<unknown>;
  selected: string | null;
  onSelect: (id: string) => void;
}) {
  return (
    <Panel
      title="Verdict by probe"
      note="Agreement in the newest round: the same bytes at temperature 0, one at a time (serial) and at once (concurrent)"
      queries={[query]}
      empty={probes.length === 0}
      metrics={['binnacle_drift_agreement_ratio']}
      guide={driftGuide}
      csv={() => ({
        header: [
          'probe',
          'model',
          'endpoint',
          'verdict',
          'agreement serial',
          'agreement concurrent',
          'reference serial',
          'reference concurrent',
          'unique serial',
          'unique concurrent',
          'first departure',
        ],
        rows: probes.map((p) => [
          p.probe,
          p.model,
          p.endpoint,
          p.verdict.word,
          p.serial.agreement,
          p.concurrent.agreement,
          p.serial.reference,
          p.concurrent.reference,
          p.serial.unique,
          p.concurrent.unique,
          p.concurrent.divergence ?? p.serial.divergence,
        ]),
      })}
    >
      <DataTable<Probe>
        label="Probes"
        rows={probes}
        rowKey={(probe) => probe.id}
        selected={selected ?? undefined}
        onRow={(probe) => onSelect(probe.id)}
        filterFrom={12}
        columns={[
          {
            key: 'probe',
            title: 'Probe',
            value: (p) => p.id,
            cell: (p) => (
              <button
                type="button"
                title={p.endpoint}
                className="rounded text-left text-accent hover:underline"
                onClick={() => onSelect(p.id)}
              >
                {p.probe}
                <span className="block text-xs text-ink-faint">{p.id.slice(p.probe.length + 3)}</span>
              </button>
            ),
          },
          {
            key: 'verdict',
            title: 'Verdict',
            value: (p) => p.verdict.word,
            cell: (p) => <StatusBadge status={p.verdict.status}>{p.verdict.word}</StatusBadge>,
          },
          {
            key: 'serial',
            title: 'Serial',
            hint: 'Share of the runs with the most common answer, one request at a time',
            align: 'right',
            value: (p) => p.serial.agreement,
            cell: (p) => <Agreement result={p.serial} />,
          },
          {
            key: 'concurrent',
            title: 'Concurrent',
            hint: 'The same with all requests at once',
            align: 'right',
            value: (p) => p.concurrent.agreement,
            cell: (p) => <Agreement result={p.concurrent} />,
          },
          {
            key: 'reference',
            title: 'Equal to reference',
            hint: 'Serial / concurrent. The reference is the most common answer of the first round, unless configured',
            align: 'right',
            wide: true,
            value: (p) => p.concurrent.reference,
            cell: (p) => pair(p.serial.reference, p.concurrent.reference, 'ratio'),
          },
          {
            key: 'unique',
            title: 'Distinct answers',
            hint: 'Serial / concurrent',
            align: 'right',
            wide: true,
            value: (p) => p.concurrent.unique,
            cell: (p) => pair(p.serial.unique, p.concurrent.unique, 'count'),
          },
          {
            key: 'divergence',
            title: 'First departure',
            hint: 'Characters that every answer shares with the reference before the first one departs',
            align: 'right',
            wide: true,
            value: (p) => p.concurrent.divergence ?? p.serial.divergence,
            cell: (p) => {
              const at = p.concurrent.divergence ?? p.serial.divergence;
              return at === null ? '–' : `character ${at}`;
            },
          },
        ]}
      />
    </Panel>
  );
}
