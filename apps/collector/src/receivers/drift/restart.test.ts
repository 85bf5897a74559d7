import { type DriftRound, driftRound } from '@binnacle/shared/api/domain.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { untilSources } from '../contract/harness.ts';
import { localServer } from '../polling/local-server.ts';
import { type Recorded, recallOf, recorded } from '../polling/recorded.ts';
import type { Recall, Receiver } from '../receiver.ts';
import { drift } from './index.ts';

let stored: TelemetryRecord[];
let answer: string;
let url: string;
let nowMs: number;
let context: Recorded;

beforeEach(async () => {
  stored = [];
  answer = 'Paris';
  nowMs = Date.parse('2026-10-01T10:00:00Z');
  const server = await localServer(() => ({ choices: [{ message: { role: 'assistant', content: answer } }] }));
  url = server.url;
  onTestFinished(() => server.close());
});

function start(options: object, recall: Recall): Receiver {
  nowMs += 60_000;
  context = recorded(() => nowMs, recall);
  const probe = { name: 'capital', endpoint: url, model: 'm', prompt: 'Capital?', runs: 2, labels: { cluster: 'c1' } };
  const receiver = drift.create(drift.config.parse({ probes: [{ ...probe, ...options }] }), context);
  receiver.start?.();
  onTestFinished(() => receiver.stop());
  return receiver;
}

/** Starts, reads once and stops; then what share of the answers equals the reference. */
async function live(options: object = {}, recall: Recall = recallOf(stored)): Promise<number | undefined> {
  const receiver = start(options, recall);
  await untilSources(
    () => receiver.sources(),
    ([first]) => first?.state !== 'waiting',
  );
  await receiver.stop();
  stored.push(...context.sink.records);
  return share();
}

const share = () => context.value('binnacle_drift_reference_agreement_ratio', { mode: 'serial' });
const recordOf = (mode: string): DriftRound =>
  driftRound.parse(stored.findLast(({ key }) => key === `capital/${mode}`)?.body);

describe('drift, a restart', () => {
  it('compares with the reference of before it', async () => {
    expect(await live()).toBe(1);
    answer = 'Lyon';
    expect(await live()).toBe(0);
    expect(await live()).toBe(0);
    expect(recordOf('serial')).toMatchObject({ reference: 'Paris', outputs: [{ text: 'Lyon', divergesAt: 0 }] });
    answer = 'Paris';
    expect(await live()).toBe(1);
  });

  it.each([
    ['prompt', { prompt: 'Capital of Japan?' }],
    ['model', { model: 'm2' }],
    ['seed', { seed: 3 }],
    ['name', { name: 'capitals' }],
    ['cluster', { labels: { cluster: 'c2' } }],
  ])('begins anew with another %s', async (_what, options) => {
    await live();
    answer = 'Tokyo';
    expect(await live(options)).toBe(1);
  });

  it('keeps a long reference whole', async () => {
    answer = '€'.repeat(5000);
    await live();
    expect(recordOf('serial').reference).toHaveLength(2000);
    expect(await live()).toBe(1);
    answer = `${'€'.repeat(4999)}!`;
    expect(await live()).toBe(0);
  });

  it('tells long prompts apart by what the record leaves out', async () => {
    await live({ prompt: `${'x'.repeat(5000)}1` });
    answer = 'Lyon';
    expect(await live({ prompt: `${'x'.repeat(5000)}1` })).toBe(0);
    expect(await live({ prompt: `${'x'.repeat(5000)}2` })).toBe(1);
  });

  it('does not learn what was configured', async () => {
    expect(await live({ reference: 'Rome' })).toBe(0);
    expect(await live()).toBe(1);
    expect(recordOf('serial').reference).toBe('Paris');
  });

  it('passes over records that it cannot read, and understands those without a learned reference', async () => {
    await live();
    const { learned: _learned, ...older } = recordOf('serial');
    for (const [key, body] of [
      ['capital/concurrent', { probe: 'capital' }],
      ['capital/serial', older],
    ] as const)
      stored.push({ kind: 'drift_probe', cluster: 'c1', key, at: nowMs, body });
    answer = 'Lyon';
    expect(await live()).toBe(0);
  });

  it('compares with nothing while the store cannot be asked, and with the first round when it has none', async () => {
    const away: Recall = async () => {
      throw new BinnacleError('upstream_failed', 'gateway:4318 cannot be reached.');
    };
    let recall = away;
    const receiver = start({ intervalSeconds: 0.05 }, (...asked) => recall(...asked));
    await context.readings(2);
    expect(receiver.sources()[0]).toMatchObject({
      state: 'up',
      lastError: expect.stringContaining('nothing is compared with it: gateway:4318 cannot be reached.'),
    });
    expect(context.value('binnacle_drift_agreement_ratio', { mode: 'serial' })).toBe(1);
    expect([share(), context.sink.records.length]).toEqual([undefined, 0]);
    answer = 'Lyon';
    await context.readings(4);
    recall = recallOf([]);
    await context.sink.until(() => share() === 0);
    await receiver.stop();
  });
});
