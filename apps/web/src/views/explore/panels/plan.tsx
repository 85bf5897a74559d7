'use client';

import type { ExplainedRead, Explanation, ReadCost } from '@binnacle/shared/api/explanation.ts';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { Button } from '#components/ui/button.tsx';
import { format } from '#format/units.ts';
import { planLines, planWords } from '../explain.ts';

/** The tree of a query and its reads, each with what it costs and the statements. */
export function Plan({ explained }: { explained: Explanation }) {
  const lines = planLines(explained);
  const { steps, stepMs, ran, reads } = explained;
  return (
    <>
      <p className="text-[13px] tabular text-ink-soft">
        {stepMs === 0 ? 'One moment' : `${steps.toLocaleString('en-US')} steps of ${stepMs / 1e3} s`},{' '}
        {reads.length === 0 ? 'nothing is read' : reads.length === 1 ? 'one read' : `${reads.length} reads`}
        {ran !== null &&
          `; ran in ${format(ran.durationMs, 'milliseconds')}, read ${ran.samplesRead.toLocaleString('en-US')} samples, gave ${ran.resultSeries.toLocaleString('en-US')} series`}
        .
      </p>
      <section aria-label="Tree">
        <h3 className="text-xs font-semibold text-ink-faint">Tree</h3>
        <ul className="mt-1 grid gap-px">
          {lines.map(({ node, depth, read }) => (
            <li
              key={`${depth} ${node.from} ${node.to} ${node.kind}`}
              className="flex min-w-0 items-baseline gap-2 rounded px-1 py-0.5 text-xs hover:bg-sunken"
              style={{ paddingLeft: 4 + depth * 16 }}
            >
              <span className="shrink-0 text-ink-faint">{node.kind}</span>
              <code className="min-w-0 flex-1 truncate font-mono" title={node.text}>
                {node.text}
              </code>
              {node.stepInvariant && <Tag text="once" title="Does not depend on the step: computed once" />}
              {read !== undefined && (
                <Tag text={`read ${read.number}: ${read.plan}`} title={planWords[read.plan]} strong />
              )}
              {node.within && (
                <Tag text="with the one above" title="The store answers it together with the node above" />
              )}
            </li>
          ))}
        </ul>
      </section>
      {reads.map((read, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: reads are known by their number
        <Read key={index} read={read} number={index + 1} />
      ))}
    </>
  );
}

function Tag({ text, title, strong = false }: { text: string; title: string; strong?: boolean }) {
  return (
    <span
      title={title}
      className={`shrink-0 rounded px-1 text-2xs ${strong ? 'bg-accent-soft text-accent' : 'bg-sunken text-ink-soft'}`}
    >
      {text}
    </span>
  );
}

const figures = [
  ['series', (cost: ReadCost) => countText(cost.series)],
  ['samples', (cost: ReadCost) => countText(cost.samples)],
  ['out of the store', (cost: ReadCost) => (cost.bytes === null ? '–' : format(cost.bytes, 'bytes'))],
  ['time', (cost: ReadCost) => (cost.durationMs === null ? '–' : format(cost.durationMs, 'milliseconds'))],
] as const;

const countText = (count: number | null) => (count === null ? '–' : Math.round(count).toLocaleString('en-US'));

function Read({ read, number }: { read: ExplainedRead; number: number }) {
  return (
    <section aria-label={`Read ${number}`} className="grid gap-2 border-t border-line pt-3">
      <h3 className="flex flex-wrap items-baseline gap-2 text-[13px] font-semibold">
        Read {number}
        <Tag text={read.plan} title={planWords[read.plan]} strong />
        <span className="min-w-0 break-words font-normal text-ink-soft">{read.reason}</span>
      </h3>
      <ul className="grid gap-0.5">
        {read.selectors.map((selector) => (
          <li key={selector}>
            <code className="break-all font-mono text-xs">{selector}</code>
          </li>
        ))}
      </ul>
      <table className="w-full text-xs tabular">
        <thead>
          <tr className="text-ink-faint">
            <th scope="col" className="py-0.5 text-left font-medium">
              <span className="sr-only">when</span>
            </th>
            {figures.map(([name]) => (
              <th key={name} scope="col" className="py-0.5 pl-3 text-right font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <CostRow name="expected" cost={read.estimated} />
          {read.actual !== null && <CostRow name="counted" cost={read.actual} />}
        </tbody>
      </table>
      {read.sql.map((sql) => (
        <Statement key={sql} sql={sql} />
      ))}
    </section>
  );
}

function CostRow({ name, cost }: { name: string; cost: ReadCost }) {
  return (
    <tr>
      <th scope="row" className="border-t border-line py-1 text-left font-medium text-ink-soft">
        {name}
      </th>
      {figures.map(([title, text]) => (
        <td key={title} className="border-t border-line py-1 pl-3 text-right">
          {text(cost)}
        </td>
      ))}
    </tr>
  );
}

function Statement({ sql }: { sql: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <div className="relative">
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        tabIndex={0}
        className="max-h-72 overflow-auto whitespace-pre-wrap break-words rounded-md bg-sunken p-2.5 pr-10 font-mono text-xs leading-5"
      >
        {sql}
      </pre>
      <Button
        variant="ghost"
        size="iconSmall"
        className="absolute right-1.5 top-1.5"
        aria-label={copied ? 'Copied' : 'Copy the statement'}
        onClick={() => {
          void navigator.clipboard.writeText(sql).then(() => setCopied(true));
        }}
      >
        {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      </Button>
    </div>
  );
}
