import { describe, expect, it } from 'vitest';
import { fingerprintChanges, forkQuote, type ModeResult, probesOf, roundsOf, verdictOf } from './prepare.ts';

const result = (
  agreement: number | null,
  reference: number | null = agreement,
  divergence: number | null = null,
): ModeResult => ({ agreement, reference, unique: null, divergence });

describe('verdictOf', () => {
  it.each([
    ['server', result(0.75), result(0.5)],
    ['server', result(0.75), result(null)],
    ['batch', result(1), result(0.5)],
    ['drift', result(1, 0), result(1, 0)],
    ['drift', result(1, 1), result(1, 0)],
    ['drift_and_batch', result(1, 0), result(0.5, 0)],
    ['stable', result(1), result(1)],
    ['partly', result(1), result(null)],
    ['partly', result(1, null), result(1)],
    ['partly', result(null), result(1)],
    ['unknown', result(null), result(null)],
    ['unknown', result(null), result(0.5)],
  ] as const)('%s', (kind, serial, concurrent) => {
    expect(verdictOf(serial, concurrent).kind).toBe(kind);
  });
  it('names the numbers it rests on, and what is not known', () => {
    const { evidence } = verdictOf(result(1), result(0.375, null, 63));
    expect(evidence.replaceAll('\u202f', ' ')).toBe(
      'agreement 100 % one at a time, 37.5 % at once; equal to the reference 100 % and unknown; first departure at character 63',
    );
  });
});

const sample = (metric: string, mode: string, value: number, more: Record<string, string> = {}) => ({
  labels: { __name__: `binnacle_drift_${metric}`, probe: 'p', model: 'm', endpoint: 'e', mode, ...more },
  timeMs: 0,
  value,
});

describe('probesOf', () => {
  it('joins both modes of a probe and puts the worst first', () => {
    const probes = probesOf([
      sample('agreement_ratio', 'serial', 1),
      sample('reference_agreement_ratio', 'serial', 1),
      sample('agreement_ratio', 'concurrent', 1),
      sample('reference_agreement_ratio', 'concurrent', 1),
      sample('agreement_ratio', 'serial', 1, { probe: 'worse' }),
      sample('agreement_ratio', 'concurrent', 0.5, { probe: 'worse' }),
    ]);
    expect(probes.map((p) => [p.id, p.verdict.kind])).toEqual([
      ['worse · m', 'batch'],
      ['p · m', 'stable'],
    ]);
    expect(probes[0]?.serial.unique).toBeNull();
  });
  it('forgets a departure that is held from an earlier round', () => {
    const [probe] = probesOf([
      sample('reference_agreement_ratio', 'serial', 1),
      sample('first_divergence_characters', 'serial', 12),
    ]);
    expect(probe?.serial.divergence).toBeNull();
  });
  it('adds the endpoint to the name where probe and model are not unique', () => {
    const probes = probesOf([
      sample('agreement_ratio', 'serial', 1),
      sample('agreement_ratio', 'serial', 1, { endpoint: 'f' }),
    ]);
    expect(probes.map((p) => p.id)).toEqual(['p · m · e', 'p · m · f']);
  });
});

describe('roundsOf', () => {
  const body = {
    probe: 'p',
    endpoint: 'e',
    model: 'm',
    mode: 'serial',
    prompt: '?',
    reference: 'a',
    fingerprint: null,
    outputs: [],
    runs: 8,
    failures: 0,
  };
  it('takes the newest round of each mode of that probe alone', () => {
    const rounds = roundsOf(
      [
        { at: 2, body },
        { at: 3, body: { ...body, model: 'other' } },
        { at: 1, body },
        { at: 1, body: { ...body, mode: 'concurrent' } },
        { at: 9, body: { nonsense: true } },
      ],
      { probe: 'p', model: 'm', endpoint: 'e' },
    );
    expect([rounds.serial?.at, rounds.concurrent?.at]).toEqual([2, 1]);
  });
});

describe('fingerprintChanges', () => {
  const answer = (series: [fingerprint: string, times: number[], probe?: string][]) => ({
    series: series.map(([fingerprint, times, probe = 'p']) => ({
      labels: { model: 'm', endpoint: 'e', fingerprint, probe },
      times,
      values: times.map(() => 1),
    })),
    fromMs: 0,
    toMs: 100,
    stepSeconds: 1,
    warnings: [],
  });
  it('marks a new fingerprint once, however many probes see it', () => {
    expect(
      fingerprintChanges(
        answer([
          ['a', [0, 10]],
          ['b', [30]],
          ['b', [20, 30], 'q'],
        ]),
      ),
    ).toEqual([{ time: 20, label: 'm: fingerprint a → b' }]);
  });
  it('takes two that are there from the start for two servers', () => {
    expect(
      fingerprintChanges(
        answer([
          ['a', [0]],
          ['b', [0]],
        ]),
      ),
    ).toEqual([]);
    expect(fingerprintChanges(undefined)).toEqual([]);
  });
});

it('forkQuote begins at a word and counts code points', () => {
  const quote = forkQuote('🙂 He was born in Queens, New York.', '🙂 He was born in New York City.', 17);
  expect(quote).toEqual({ same: '🙂 He was born in ', instead: 'Queens, New York.', got: 'New York City.' });
});
