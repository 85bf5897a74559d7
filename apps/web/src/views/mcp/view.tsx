'use client';

import { mcpTool } from '@binnacle/shared/api/domain.ts';
import { type ContextBudget, contextBudget } from '@binnacle/shared/models/context-budget.ts';
import { parseAsString, parseAsStringLiteral, useQueryState } from 'nuqs';
import type { ChartMark } from '#charts/chart-overlay.tsx';
import { useAlertMarks } from '#charts/use-alert-marks.ts';
import { useClock } from '#data/clock.tsx';
import { useCluster } from '#data/cluster.ts';
import { useInstant, useRecords, useSources } from '#data/hooks.ts';
import { age, format } from '#format/units.ts';
import { ViewHeader } from '#frame/view-header.tsx';
import { ViewBody } from '#panel/view-body.tsx';
import { mcpGuide } from './guide.ts';
import { Budget, serverColors } from './panels/budget.tsx';
import { Changes } from './panels/changes.tsx';
import { TokensOverTime } from './panels/tokens-over-time.tsx';
import { ToolCard } from './panels/tool-card.tsx';
import { ToolTable } from './panels/tool-table.tsx';
import {
  changeWords,
  suspiciousQuotes,
  type ToolChange,
  toolChanges,
  toolRows,
  unlistedServers,
  type WindowKey,
  windowKeys,
  windows,
} from './prepare.ts';
import { newestLists } from './queries.ts';

/** What do tools cost in context, and did one change behind my back? */
export function McpView() {
  const [window, setWindow] = useQueryState('window', parseAsStringLiteral(windowKeys).withDefault('200k'));
  const [chosen, setChosen] = useQueryState('tool', parseAsString.withOptions({ history: 'push' }));
  const lists = useInstant(newestLists);
  const records = useRecords({ kind: 'mcp_tool', limit: 1000 });
  const sources = useSources();
  const { name: cluster } = useCluster();
  const alerts = useAlertMarks('/mcp');

  const samples = lists.data?.samples ?? [];
  const rows = toolRows(samples);
  const unlisted = unlistedServers(rows, samples, sources.data?.sources ?? [], cluster);
  const budget = contextBudget({ tools: rows, windowTokens: windows[window], unlisted });
  const changes = toolChanges(records.data ?? []);
  const pins = new Map(rows.map((row) => [row.id, row.pinned]));
  const unapproved = changes.filter((change) => pins.get(change.id) === false);
  const id = chosen ?? unapproved[0]?.id ?? rows[0]?.id ?? null;
  const record = records.data
    ?.map((r) => mcpTool.safeParse(r.body))
    .find((parsed) => parsed.success && `${parsed.data.server}/${parsed.data.tool}` === id)?.data;
  const colorOf = serverColors(budget.servers.map((server) => server.server));
  const marks: ChartMark[] = [
    ...alerts,
    ...changes.map((change) => ({
      time: change.changedAt,
      label: `${change.id}: ${changeWords(change)}`,
      status: 'attention' as const,
    })),
  ];
  const select = (tool: string) => void setChosen(tool);

  return (
    <>
      <ViewHeader
        title="MCP"
        question="What do tools cost in context, and did one change behind my back?"
        answer={
          <Answer
            budget={budget}
            window={window}
            tools={rows.length}
            unpinned={rows.filter((row) => row.pinned === false).map((row) => row.id)}
            unknown={rows.filter((row) => row.pinned === null).length}
            changes={changes}
            onSelect={select}
          />
        }
      />
      <ViewBody guide={mcpGuide}>
        <div className="grid gap-3 xl:grid-cols-2">
          <div className="min-w-0 xl:col-span-2">
            <Budget
              budget={budget}
              unlisted={unlisted}
              window={window}
              onWindow={(value) => void setWindow(value)}
              queries={[lists]}
              colorOf={colorOf}
            />
          </div>
          <ToolTable rows={rows} window={window} query={lists} selected={id} onSelect={select} colorOf={colorOf} />
          <ToolCard
            id={id}
            record={record}
            change={changes.find((change) => change.id === id)}
            pinned={id === null ? null : (pins.get(id) ?? null)}
            query={records}
          />
          <Changes changes={changes} pins={pins} query={records} selected={id} onSelect={select} />
          <TokensOverTime marks={marks} colorOf={colorOf} />
        </div>
      </ViewBody>
    </>
  );
}

function Answer({
  budget,
  window,
  tools,
  unpinned,
  unknown,
  changes,
  onSelect,
}: {
  budget: ContextBudget;
  window: WindowKey;
  tools: number;
  /** Tools whose definition is not the one first seen or approved. */
  unpinned: readonly string[];
  /** How many tools it is not known of. */
  unknown: number;
  changes: readonly ToolChange[];
  onSelect: (id: string) => void;
}) {
  const { nowMs } = useClock();
  if (tools === 0) return null;
  return (
    <>
      <strong className="tabular">
        {budget.lowerBound && 'At least '}
        {budget.totalTokens.toLocaleString('en')} tokens
      </strong>
      , {format(budget.windowShare, 'ratio')} of a {window} window, go to the definitions of {tools} tools of{' '}
      {budget.servers.length} {budget.servers.length === 1 ? 'server' : 'servers'} before the first word.{' '}
      {unpinned.length === 0 && unknown === 0 && 'Every definition is the one first seen or approved.'}
      {unpinned.length === 0 && unknown > 0 && `Of ${unknown} tools it is not known whether they changed.`}
      {unpinned.slice(0, 3).map((id) => {
        const change = changes.find((c) => c.id === id);
        // The longest says most: tags and paths alone are hard to read out of context.
        const quote = suspiciousQuotes(change?.fields ?? []).sort((a, b) => b.length - a.length)[0];
        return (
          <span key={id}>
            <button type="button" className="rounded text-accent hover:underline" onClick={() => onSelect(id)}>
              {id}
            </button>{' '}
            {change === undefined
              ? 'is not the definition that was approved. '
              : `changed ${age(nowMs - change.changedAt)} ago: ${change.fieldNames.join(', ') || changeWords(change)}. `}
            {quote !== undefined && (
              <span className="text-bad">
                The new text speaks to the model, not to the user: <q>{quote}</q>.{' '}
              </span>
            )}
          </span>
        );
      })}
      {unpinned.length > 3 && `And ${unpinned.length - 3} more.`}
    </>
  );
}
