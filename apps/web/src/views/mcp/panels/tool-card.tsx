'use client';

import type { McpTool } from '@binnacle/shared/api/domain.ts';
import type { ReactNode } from 'react';
import { DiffText } from '#components/ui/diff-text.tsx';
import { StatusBadge } from '#components/ui/status.tsx';
import { useClock } from '#data/clock.tsx';
import type { QueryState } from '#data/query-state.ts';
import { age } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { mcpGuide } from '../guide.ts';
import { changeWords, type FieldDiff, suspiciousQuotes, type ToolChange } from '../prepare.ts';

/** One tool: what its definition says now, and field by field what changed. */
export function ToolCard({
  id,
  record,
  change,
  pinned,
  query,
}: {
  id: string | null;
  record: McpTool | undefined;
  change: ToolChange | undefined;
  pinned: boolean | null;
  query: QueryState<unknown>;
}) {
  const { nowMs } = useClock();
  const quotes = suspiciousQuotes(change?.fields ?? []);
  return (
    <Panel
      title={id === null ? 'Definition' : `Definition of ${id}`}
      note={
        record === undefined
          ? undefined
          : `First seen ${age(nowMs - record.firstSeenAt)} ago · digest ${record.digest.slice(0, 12)}…`
      }
      queries={[query]}
      empty={id === null}
      metrics={['binnacle_mcp_tool_tokens']}
      guide={mcpGuide}
      actions={
        change === undefined ? undefined : (
          <StatusBadge status={pinned === false ? 'bad' : 'attention'}>
            {changeWords(change)} {age(nowMs - change.changedAt)} ago
          </StatusBadge>
        )
      }
    >
      {record === undefined ? (
        <p className="hatched m-auto w-full rounded-md p-4 text-center text-[13px] text-ink-soft">
          The definition of this tool is not in the store: only its size was sent.
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="grid max-h-[32rem] gap-3 overflow-y-auto text-[13px]" tabIndex={0} aria-label="Definition">
          {quotes.length > 0 && (
            <p className="rounded-md bg-bad-wash px-2.5 py-1.5 text-bad">
              The change added text that reads like an instruction to the model, not to the user:{' '}
              {quotes.map((quote, i) => (
                <span key={quote}>
                  {i > 0 && ', '}
                  <q className="break-words font-medium">{quote}</q>
                </span>
              ))}
              . Look at it before the tool is used again.
            </p>
          )}
          {change !== undefined && change.fields.length === 0 && change.fieldNames.length > 0 && (
            <p className="text-ink-soft">
              {change.fieldNames.join(', ')} changed; what stood there before is not known.
            </p>
          )}
          {(change?.fields ?? []).map((field) => (
            <Field key={field.field} name={`${field.field}, before and after`}>
              <Diff field={field} />
            </Field>
          ))}
          {!change?.fields.some((field) => field.field === 'description') && (
            <Field name="description">
              <p className="whitespace-pre-wrap break-words leading-6">
                {record.definition.description ?? 'The server sends none.'}
              </p>
            </Field>
          )}
          {!change?.fields.some((field) => field.field === 'inputSchema') && (
            <Field name="inputSchema">
              <Code>{JSON.stringify(record.definition.inputSchema, null, 2)}</Code>
            </Field>
          )}
          {record.definition.annotations !== undefined &&
            !change?.fields.some((field) => field.field === 'annotations') && (
              <Field name="annotations, as the server claims">
                <Code>{JSON.stringify(record.definition.annotations, null, 2)}</Code>
              </Field>
            )}
        </section>
      )}
    </Panel>
  );
}

function Field({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <h3 className="mb-0.5 text-xs text-ink-faint">{name}</h3>
      {children}
    </div>
  );
}

function Diff({ field }: { field: FieldDiff }) {
  return field.code ? (
    <Code>
      <DiffText parts={field.parts} />
    </Code>
  ) : (
    <p className="whitespace-pre-wrap break-words leading-6">
      <DiffText parts={field.parts} />
    </p>
  );
}

function Code({ children }: { children: ReactNode }) {
  return (
    <pre className="overflow-x-auto whitespace-pre-wrap break-words rounded-md bg-sunken p-2.5 font-mono text-xs leading-5">
      {children}
    </pre>
  );
}
