import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { driftRound } from '@binnacle/shared/api/domain.ts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { untilSources } from '../contract/harness.ts';
import { describeReceiverContract } from '../contract/suite.ts';
import { type LocalServer, localServer } from '../polling/local-server.ts';
import { type Recorded, recorded } from '../polling/recorded.ts';
import { completionsUrl } from './complete.ts';
import { drift } from './index.ts';

const nowMs = Date.parse('2026-10-01T10:00:00Z');

/** Answers by how many requests have come and how many are under way, as an inference server's batches would. */
type Answer = (asked: { ordinal: number; atOnce: number }) => string | [number, unknown] | null;

let answer: Answer;
let atOnce: number;
let mostAtOnce: number;
let fingerprint: string;
let server: LocalServer;
let context: Recorded;
/** Requests wait until so many are there, so that they overlap for sure. */
let gate: { size: number; waiting: (() => void)[] };

beforeEach(async () => {
  answer = () => 'Paris';
  atOnce = 0;
  mostAtOnce = 0;
  fingerprint = 'fp_1';
  gate = { size: 1, waiting: [] };
  let ordinal = 0;
  server = await localServer(async () => {
    const place = ordinal++;
    atOnce++;
    mostAtOnce = Math.max(mostAtOnce, atOnce);
    const mine = atOnce;
    // The first four (a serial round) come alone; later ones in pairs.
    if (place >= 4 && gate.size > 1) {
      await new Promise<void>((go) => {
        gate.waiting.push(go);
        if (gate.waiting.length === gate.size) for (const open of gate.waiting.splice(0)) open();
      });
    }
    const text = answer({ ordinal: place, atOnce: mine });
    atOnce--;
    if (Array.isArray(text)) return text;
    return { choices: [{ message: { role: 'assistant', content: text } }], system_fingerprint: fingerprint };
  });
  context = recorded(() => nowMs);
});
afterEach(async () => {
  await server.close();
  vi.unstubAllEnvs();
});

const create = (more: object = {}) =>
  drift.create(
    drift.config.parse({
      probes: [
        {
          name: 'capital',
          endpoint: server.url,
          model: 'm',
          prompt: 'Capital of France?',
          runs: 4,
          concurrency: 2,
          labels: { cluster: 'c1' },
          ...more,
        },
      ],
    }),
    context,
  );

async function readOnce(more: object = {}) {
  const receiver = create(more);
  receiver.start?.();
  const [source] = await untilSources(
    () => receiver.sources(),
    ([first]) => first?.state !== 'waiting',
  );
  await receiver.stop();
  return source!;
}

const value = (family: string, mode: string) =>
  context.value(`binnacle_drift_${family}`, {
    probe: 'capital',
    endpoint: server.url,
    model: 'm',
    mode,
    cluster: 'c1',
  });
const recordOf = (mode: string) =>
  driftRound.parse(context.sink.records.find(({ key }) => key === `capital/${mode}`)?.body);

describe('drift', () => {
  it('finds answers that depend on concurrency alone', async () => {
    gate.size = 2;
    answer = ({ atOnce: place }) => (place === 2 ? 'Paris, of course' : 'Paris');
    expect(await readOnce()).toMatchObject({ state: 'up', lastError: null });
    expect(mostAtOnce).toBe(2);
    expect(value('agreement_ratio', 'serial')).toBe(1);
    expect(value('unique_outputs', 'serial')).toBe(1);
    expect(value('first_divergence_characters', 'serial')).toBeUndefined();
    expect(value('agreement_ratio', 'concurrent')).toBe(0.5);
    expect(value('unique_outputs', 'concurrent')).toBe(2);
    expect(value('first_divergence_characters', 'concurrent')).toBe(5);
    expect(recordOf('concurrent')).toMatchObject({
      reference: 'Paris',
      fingerprint: 'fp_1',
      outputs: [
        { text: 'Paris', count: 2, divergesAt: null },
        { text: 'Paris, of course', count: 2, divergesAt: 5 },
      ],
      runs: 4,
      failures: 0,
    });
  });

  it('sends the same bytes in every run, at temperature 0', async () => {
    await readOnce({ seed: 7, maxTokens: 32 });
    expect(server.asked).toHaveLength(8);
    expect(new Set(server.asked.map(({ body }) => body)).size).toBe(1);
    expect(JSON.parse(server.asked[0]!.body)).toEqual({
      model: 'm',
      messages: [{ role: 'user', content: 'Capital of France?' }],
      temperature: 0,
      max_tokens: 32,
      stream: false,
      seed: 7,
    });
    expect(server.asked[0]!.path).toBe('/v1/chat/completions');
  });

  it('keeps the reference of the first round, and shows a change of the model against it', async () => {
    const receiver = create({ intervalSeconds: 0.05 });
    receiver.start?.();
    await context.readings(1);
    answer = () => 'Lyon';
    fingerprint = 'fp_2';
    await context.sink.until(
      () => value('reference_agreement_ratio', 'serial') === 0 && value('agreement_ratio', 'serial') === 1,
    );
    await context.sink.until(() => context.stale('binnacle_drift_fingerprint_info', { fingerprint: 'fp_1' }));
    await receiver.stop();
    expect(value('first_divergence_characters', 'serial')).toBe(0);
    expect(context.value('binnacle_drift_fingerprint_info', { fingerprint: 'fp_2' })).toBe(1);
  });

  it('compares with a configured reference from the first round on', async () => {
    await readOnce({ reference: 'Pari!' });
    expect(value('agreement_ratio', 'serial')).toBe(1);
    expect(value('reference_agreement_ratio', 'serial')).toBe(0);
    expect(value('first_divergence_characters', 'serial')).toBe(4);
  });

  it('says nothing of agreement in a round with a failed run, and counts the failure', async () => {
    answer = ({ ordinal }) => (ordinal === 1 ? [500, { error: 'a secret of the server' }] : 'Paris');
    const source = await readOnce();
    expect(source.state).toBe('up');
    expect(source.lastError).toContain('1 of 4 serial runs failed');
    expect(source.lastError).not.toContain('a secret');
    expect(value('agreement_ratio', 'serial')).toBeUndefined();
    expect(value('agreement_ratio', 'concurrent')).toBe(1);
    expect(context.value('binnacle_drift_request_failures_total', { probe: 'capital' })).toBe(1);
  });

  it('counts a run without a text as failed: empty answers would all agree', async () => {
    answer = () => null;
    const source = await readOnce();
    expect(source).toMatchObject({ state: 'down', lastError: expect.stringContaining('without a text') });
    expect(value('agreement_ratio', 'serial')).toBeUndefined();
  });

  it('is down when nothing answers, and does not ask a dead server a hundred times', async () => {
    answer = () => [503, {}];
    const source = await readOnce({ runs: 100 });
    expect(source.state).toBe('down');
    expect(server.asked).toHaveLength(3);
    expect(context.value('up', { job: 'drift', instance: 'capital' })).toBe(0);
    expect(context.value('binnacle_drift_request_failures_total', { probe: 'capital' })).toBe(3);
  });

  it('takes the prompt from a file and the key from the environment', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'drift-'));
    await writeFile(join(folder, 'prompt.txt'), 'From a file?');
    vi.stubEnv('DRIFT_TEST_KEY', 'sk-secret');
    const source = await readOnce({
      prompt: undefined,
      promptFile: join(folder, 'prompt.txt'),
      apiKeyEnv: 'DRIFT_TEST_KEY',
    });
    await rm(folder, { recursive: true });
    expect(server.asked[0]!.headers.authorization).toBe('Bearer sk-secret');
    expect(JSON.parse(server.asked[0]!.body).messages[0].content).toBe('From a file?');
    expect(JSON.stringify([source, context.sink.records])).not.toContain('sk-secret');
  });

  it('tells probes of one name apart by their model', async () => {
    const probe = { name: 'capital', endpoint: server.url, prompt: 'x', runs: 2 };
    const receiver = drift.create(
      drift.config.parse({
        probes: [
          { ...probe, model: 'a' },
          { ...probe, model: 'b' },
        ],
      }),
      context,
    );
    expect(receiver.sources().map(({ source }) => source)).toEqual(['capital/a', 'capital/b']);
    await receiver.stop();
    expect(
      drift.config.safeParse({
        probes: [
          { ...probe, model: 'a' },
          { ...probe, model: 'a' },
        ],
      }).success,
    ).toBe(false);
  });
});

it('adds /v1 to the base URL only where it is missing', () => {
  expect(completionsUrl('http://a:8000').href).toBe('http://a:8000/v1/chat/completions');
  expect(completionsUrl('http://a/openai/v1/').href).toBe('http://a/openai/v1/chat/completions');
});

describeReceiverContract(drift, {
  kind: 'pull',
  minimalConfig: { probes: [{ name: 'p', endpoint: 'http://127.0.0.1:8000', model: 'm', prompt: 'x' }] },
  placeOfFault: /another shape than expected \(at "choices"\)/,
  async open() {
    const good = await localServer(() => ({ choices: [{ message: { content: 'yes' } }] }));
    const bad = await localServer(() => ({ choices: 'none' }));
    process.env.DRIFT_CONTRACT_KEY = 'sk-very-secret';
    const probe = {
      name: 'p',
      model: 'm',
      prompt: 'x',
      runs: 2,
      concurrency: 2,
      labels: { cluster: 'test' },
      intervalSeconds: 0.05,
      apiKeyEnv: 'DRIFT_CONTRACT_KEY',
    };
    return {
      config: { probes: [{ ...probe, endpoint: good.url }] },
      awayConfig: { probes: [{ ...probe, endpoint: 'http://127.0.0.1:1' }] },
      malformedConfig: { probes: [{ ...probe, endpoint: bad.url }] },
      labels: { cluster: 'test' },
      family: 'binnacle_drift_agreement_ratio',
      secrets: ['sk-very-secret'],
      async close() {
        delete process.env.DRIFT_CONTRACT_KEY;
        await Promise.all([good.close(), bad.close()]);
      },
    };
  },
});
