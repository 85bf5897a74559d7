import { agreement } from '@binnacle/shared/models/drift-agreement.ts';
import { toolTokens } from '@binnacle/shared/models/tool-tokens.ts';
import type { DemoClock } from '../clock.ts';
import { fingerprintOf, roundOutputs } from '../completions.ts';
import { toolsOf } from '../mcp-tools.ts';
import { cycleMinutes, deployments, driftProbes, incident, mcpServers, startMinute } from '../scenario.ts';
import { type Add, direct } from './direct.ts';
import type { HistorySeries, HistorySource } from './history-batch.ts';

/** What the collector's own probes of models and MCP servers would have found. */
export function probeHistory(clock: DemoClock, series: HistorySeries, demoUrl: string): HistorySource[] {
  return [
    direct(series, (atMs, add) => addDrift(clock, demoUrl, atMs, add)),
    direct(series, (atMs, add) => addTools(clock, atMs, add)),
  ];
}

function addDrift(clock: DemoClock, demoUrl: string, atMs: number, add: Add): void {
  for (const model of deployments) {
    for (const probe of driftProbes) {
      const labels = { probe, endpoint: `${demoUrl}/serving/${model}`, model };
      add('up', { job: 'drift', instance: `${probe}/${model}` }, 1);
      add('binnacle_drift_request_failures_total', labels, 0);
      add('binnacle_drift_fingerprint_info', { ...labels, fingerprint: fingerprintOf(model) }, 1);
      const reference = roundOutputs(clock, model, probe, 'serial', atMs)[0];
      for (const mode of ['serial', 'concurrent'] as const) {
        const found = agreement(roundOutputs(clock, model, probe, mode, atMs), reference);
        if (found === null) continue;
        add('binnacle_drift_agreement_ratio', { ...labels, mode }, found.modalShare);
        add('binnacle_drift_unique_outputs', { ...labels, mode }, found.unique);
        add('binnacle_drift_reference_agreement_ratio', { ...labels, mode }, found.referenceShare);
        if (found.firstDivergence !== null)
          add('binnacle_drift_first_divergence_characters', { ...labels, mode }, found.firstDivergence);
      }
    }
  }
}

/** Tokens of each tool, counted once for each of its two descriptions. */
const counted = new Map<string, number>();

/** As the mcp receiver counts them: from 0 on for every tool. */
const changeKinds = ['added', 'removed', 'description', 'schema', 'annotations'] as const;

function addTools(clock: DemoClock, atMs: number, add: Add): void {
  const changes = descriptionChanges(clock, atMs);
  const changed = clock.active('toolChange', atMs);
  for (const server of mcpServers) {
    const tools = toolsOf(server, changed);
    let sum = 0;
    for (const tool of tools) {
      const touchy = server === incident.toolChange.server && tool.name === incident.toolChange.tool;
      const touched = touchy && changed;
      const key = `${server} ${tool.name} ${touched}`;
      const tokens = counted.get(key) ?? toolTokens(tool);
      counted.set(key, tokens);
      sum += tokens;
      add('binnacle_mcp_tool_tokens', { server, tool: tool.name }, tokens);
      add('binnacle_mcp_tool_pinned', { server, tool: tool.name }, touched ? 0 : 1);
      for (const change of changeKinds)
        add(
          'binnacle_mcp_tool_changes_total',
          { server, tool: tool.name, change },
          touchy && change === 'description' ? changes : 0,
        );
    }
    add('up', { job: 'mcp', instance: server }, 1);
    add('binnacle_mcp_server_tokens', { server }, sum);
    add('binnacle_mcp_server_tools', { server }, tools.length);
  }
}

/** Times that the description has changed since the counters began: there and back again in every cycle. */
function descriptionChanges(clock: DemoClock, atMs: number): number {
  const { from, to } = incident.toolChange;
  const minutesAt = (ms: number) => (ms - clock.startedAtMs) / 60_000 + startMinute;
  const passed = (minute: number, ms: number) => Math.floor((minutesAt(ms) - minute) / cycleMinutes);
  const count = (ms: number) => passed(from, ms) + passed(to, ms);
  return count(atMs) - count(clock.epochMs);
}
