import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mcpTool } from '@binnacle/shared/api/domain.ts';
import type { TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { incident, startMinute } from '../src/demo/scenario.ts';
import { type Demo, startDemo } from '../src/demo/start-demo.ts';
import { untilSources } from '../src/receivers/contract/harness.ts';
import { recallOf, recorded } from '../src/receivers/polling/recorded.ts';
import { loadReceiver } from '../src/receivers/registry.ts';

const { server, tool, from } = incident.toolChange;

/** A second start on kept data enters the cycle of incidents anew, with the tool as it was first seen. */
it('a demo that starts again tells the truth of its tools and answers', { timeout: 60_000 }, async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'binnacle-demo-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const stored: TelemetryRecord[] = [];
  let nowMs = Date.UTC(2026, 0, 5, 9, 0, 3);
  let demo: Demo;
  const startAt = async (port: number) => {
    demo = await startDemo({ port, dataDir, log: pino({ level: 'silent' }), now: () => nowMs });
    const { stop } = demo;
    let stopped: Promise<void> | undefined;
    demo = { ...demo, stop: () => (stopped ??= stop()) };
    onTestFinished(demo.stop);
  };
  /** One reading by a collector that has just started on the kept records. */
  const read = async (name: string) => {
    const definition = await loadReceiver(name);
    const context = recorded(() => nowMs, recallOf(stored));
    const receiver = definition.create(definition.config.parse(demo.receiversConfig()[name]), context);
    receiver.start?.();
    await untilSources(
      () => receiver.sources(),
      (all) => all.every(({ state }) => state !== 'waiting'),
    );
    await receiver.stop();
    expect(receiver.sources().filter(({ state, lastError }) => state !== 'up' || lastError !== null)).toEqual([]);
    stored.push(...context.sink.records);
    return context;
  };
  const pinned = async () => (await read('mcp')).value('binnacle_mcp_tool_pinned', { server, tool });

  await startAt(0);
  expect(await pinned()).toBe(1);
  const before = await read('drift');
  nowMs += (from - startMinute + 1) * 60_000;
  expect(await pinned()).toBe(0);

  const { port } = demo!;
  await demo!.stop();
  nowMs += 60_000;
  await startAt(port);
  const context = await read('mcp');
  expect(context.value('binnacle_mcp_tool_pinned', { server, tool })).toBe(1);
  expect(context.value('binnacle_mcp_tool_changes_total', { server, tool, change: 'description' })).toBe(2);
  const body = mcpTool.parse(stored.findLast(({ key }) => key === `${server}/${tool}`)?.body);
  expect(body).toMatchObject({ changedAt: nowMs, changedFields: ['description'], removed: false });
  expect(body.digest).toBe(body.firstDigest);
  const after = await read('drift');
  for (const probe of ['capitals', 'feynman'])
    for (const one of [before, after])
      expect(one.value('binnacle_drift_reference_agreement_ratio', { probe, mode: 'serial' })).toBe(1);

  nowMs += (from - startMinute + 1) * 60_000;
  expect(await pinned()).toBe(0);
});
