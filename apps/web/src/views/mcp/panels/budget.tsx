'use client';

import type { ContextBudget } from '@binnacle/shared/models/context-budget.ts';
import { categoricalColor } from '#charts/colors.ts';
import { Segmented } from '#components/ui/segmented.tsx';
import type { QueryState } from '#data/query-state.ts';
import { format } from '#format/units.ts';
import { Panel } from '#panel/panel.tsx';
import { mcpGuide } from '../guide.ts';
import { type WindowKey, windowKeys, windows } from '../prepare.ts';

/** What the definitions of each server take of a context window, before the first word of a conversation. */
export function Budget({
  budget,
  unlisted,
  window,
  onWindow,
  queries,
  colorOf,
}: {
  budget: ContextBudget;
  unlisted: readonly string[];
  window: WindowKey;
  onWindow: (window: WindowKey) => void;
  queries: readonly QueryState<unknown>[];
  colorOf: (server: string) => string;
}) {
  const size = windows[window];
  const fits = budget.freeTokens !== undefined && budget.freeTokens >= 0;
  // Definitions that do not fit fill the bar, and it says so.
  const scale = Math.max(size, budget.totalTokens);
  return (
    <Panel
      title={`Tool definitions in a window of ${size.toLocaleString('en')} tokens`}
      note="Tokens of o200k_base over the compact JSON of name, description and inputSchema; other tokenizers differ by 10 to 20 %"
      queries={queries}
      empty={budget.servers.length === 0}
      metrics={['binnacle_mcp_tool_tokens']}
      guide={mcpGuide}
      minHeight={110}
      csv={() => ({
        header: ['server', 'tools', 'tokens', 'share of window'],
        rows: budget.servers.map((s) => [s.server, s.tools, s.tokens, s.windowShare ?? null]),
      })}
      actions={
        <Segmented
          label="Context window"
          value={window}
          options={windowKeys.map((key) => ({ value: key, label: key }))}
          onChange={onWindow}
        />
      }
    >
      <div className="hatched relative mt-1 flex h-7 overflow-hidden rounded-md bg-sunken" aria-hidden>
        {budget.servers.map((s) => (
          <span
            key={s.server}
            title={`${s.server}: ${s.tokens.toLocaleString('en')} tokens`}
            className="h-full border-r border-surface"
            style={{ width: `${(s.tokens / scale) * 100}%`, background: colorOf(s.server) }}
          />
        ))}
      </div>
      <ul className="mt-2 flex flex-wrap gap-x-5 gap-y-1 text-[13px]">
        {budget.servers.map((s) => (
          <li key={s.server} className="flex items-center gap-1.5">
            <span aria-hidden className="size-2.5 rounded-sm" style={{ background: colorOf(s.server) }} />
            <span className="font-medium">{s.server}</span>
            <span className="tabular text-ink-soft">
              {s.tokens.toLocaleString('en')} tokens, {format(s.windowShare, 'ratio')}, {s.tools}{' '}
              {s.tools === 1 ? 'tool' : 'tools'}
            </span>
          </li>
        ))}
        <li className="flex items-center gap-1.5">
          <span aria-hidden className="hatched size-2.5 rounded-sm bg-sunken outline outline-line-strong" />
          {fits ? (
            <>
              <span className="font-medium">free</span>
              <span className="tabular text-ink-soft">{budget.freeTokens?.toLocaleString('en')} tokens</span>
            </>
          ) : (
            <span className="font-medium text-bad">
              does not fit: {(-(budget.freeTokens ?? 0)).toLocaleString('en')} tokens too many
            </span>
          )}
        </li>
      </ul>
      {unlisted.length > 0 && (
        <p className="mt-2 rounded-md bg-attention-wash px-2.5 py-1.5 text-xs text-attention">
          The sum is a lower bound: {unlisted.join(', ')} listed no tools lately. Sources says why.
        </p>
      )}
    </Panel>
  );
}

/** One colour per server, the same in the bar, the table and the chart. */
export function serverColors(servers: readonly string[]): (server: string) => string {
  const order = [...servers].sort();
  return (server) => categoricalColor(Math.max(0, order.indexOf(server)));
}
