import { type DriftRound, driftRound } from '@binnacle/shared/api/domain.ts';
import type { Status } from '#components/ui/status.tsx';
import type { RangeAnswer, Sample } from '#data/prometheus.ts';
import { format } from '#format/units.ts';

const collator = new Intl.Collator('en', { numeric: true });

export type Mode = 'serial' | 'concurrent';

/** What one round of one mode gave; null = not known. */
export interface ModeResult {
  readonly agreement: number | null;
  readonly reference: number | null;
  readonly unique: number | null;
  /** Characters before the first departure from the reference; null where none departs, or nothing is known. */
  readonly divergence: number | null;
}

/**
 * server: differs one request at a time. batch: differs only under concurrency. drift: agrees with itself, not with the
 * reference. drift_and_batch: both. stable: none of them. partly: stable as far as is known.
 */
export type VerdictKind = 'server' | 'batch' | 'drift' | 'drift_and_batch' | 'stable' | 'partly' | 'unknown';

export interface Verdict {
  readonly kind: VerdictKind;
  readonly status: Status;
  readonly word: string;
  /** What it means and what to look at. */
  readonly meaning: string;
  /** The numbers it rests on. */
  readonly evidence: string;
}

export interface Probe {
  /** `probe · model`, with the endpoint where that is not unique. */
  readonly id: string;
  readonly probe: string;
  readonly model: string;
  readonly endpoint: string;
  readonly serial: ModeResult;
  readonly concurrent: ModeResult;
  readonly verdict: Verdict;
}

const nothing: ModeResult = { agreement: null, reference: null, unique: null, divergence: null };
const fieldOf: Record<string, keyof ModeResult> = {
  binnacle_drift_agreement_ratio: 'agreement',
  binnacle_drift_reference_agreement_ratio: 'reference',
  binnacle_drift_unique_outputs: 'unique',
  binnacle_drift_first_divergence_characters: 'divergence',
};

const words: Record<VerdictKind, readonly [status: Status, word: string, meaning: string]> = {
  server: [
    'bad',
    'server not deterministic',
    'Answers differ although the requests came one at a time: the server samples, or its kernels are not deterministic.',
  ],
  batch: [
    'attention',
    'depends on the batch',
    'Alone it answers alike, under load it does not: the batch that a request shares changes the arithmetic. Batch-invariant kernels would end it.',
  ],
  drift: [
    'bad',
    'drifted',
    'It agrees with itself but no longer with the reference: the model, its weights, its settings or its prompt template changed.',
  ],
  drift_and_batch: [
    'bad',
    'drifted, and depends on the batch',
    'Alone it agrees with itself but not with the reference, and under load it does not even agree with itself.',
  ],
  stable: ['ok', 'stable', 'Every run gave the reference’s answer, alone and under load.'],
  partly: ['unknown', 'stable as far as known', 'What is known agrees, but a part of the newest round is missing.'],
  unknown: [
    'unknown',
    'unknown',
    'The newest round says nothing about agreement: runs failed, or none was made lately.',
  ],
};

const percent = (value: number | null) => (value === null ? 'unknown' : format(value, 'ratio'));

/** What the two rounds say about the server. Any number below 1 counts: at temperature 0 one answer is expected. */
export function verdictOf(serial: ModeResult, concurrent: ModeResult): Verdict {
  const kind = kindOf(serial, concurrent);
  const [status, word, meaning] = words[kind];
  const divergence = concurrent.divergence ?? serial.divergence;
  const evidence = [
    `agreement ${percent(serial.agreement)} one at a time, ${percent(concurrent.agreement)} at once`,
    `equal to the reference ${percent(serial.reference)} and ${percent(concurrent.reference)}`,
    ...(divergence === null ? [] : [`first departure at character ${divergence}`]),
  ].join('; ');
  return { kind, status, word, meaning, evidence };
}

function kindOf(serial: ModeResult, concurrent: ModeResult): VerdictKind {
  if (serial.agreement === null && concurrent.agreement === null) return 'unknown';
  if (serial.agreement !== null && serial.agreement < 1) return 'server';
  // Without the serial round an unstable concurrent one has two possible causes.
  if (serial.agreement === null) return (concurrent.agreement ?? 1) < 1 ? 'unknown' : 'partly';
  const off = serial.reference !== null && serial.reference < 1;
  if (concurrent.agreement !== null && concurrent.agreement < 1) return off ? 'drift_and_batch' : 'batch';
  if (off || (concurrent.reference !== null && concurrent.reference < 1)) return 'drift';
  const whole = concurrent.agreement !== null && serial.reference !== null && concurrent.reference !== null;
  return whole ? 'stable' : 'partly';
}

const severity: Record<VerdictKind, number> = {
  drift_and_batch: 0,
  drift: 1,
  server: 2,
  batch: 3,
  unknown: 4,
  partly: 5,
  stable: 6,
};

type Labels = Readonly<Record<string, string>>;
const probeKey = (labels: Labels) => JSON.stringify([labels.probe ?? '', labels.model ?? '', labels.endpoint ?? '']);

/** Names of probes for people, by their labels: as short as they are unique. */
export function probeNames(all: readonly Labels[]): (labels: Labels) => string {
  const endpoints = new Map<string, Set<string>>();
  const short = (labels: Labels) => `${labels.probe ?? 'unnamed'} · ${labels.model ?? 'unknown model'}`;
  for (const labels of all) {
    const known = endpoints.get(short(labels)) ?? new Set<string>();
    known.add(labels.endpoint ?? '');
    endpoints.set(short(labels), known);
  }
  return (labels) =>
    (endpoints.get(short(labels))?.size ?? 0) > 1 ? `${short(labels)} · ${labels.endpoint}` : short(labels);
}

/** One row per probe, model and endpoint, the worst first. */
export function probesOf(samples: readonly Sample[]): Probe[] {
  const name = probeNames(samples.map((sample) => sample.labels));
  const found = new Map<string, { labels: Labels; serial: ModeResult; concurrent: ModeResult }>();
  for (const { labels, value } of samples) {
    const field = fieldOf[labels.__name__ ?? ''];
    const { mode } = labels;
    if (field === undefined || (mode !== 'serial' && mode !== 'concurrent') || !Number.isFinite(value)) continue;
    const entry = found.get(probeKey(labels)) ?? { labels, serial: nothing, concurrent: nothing };
    entry[mode] = { ...entry[mode], [field]: value };
    found.set(probeKey(labels), entry);
  }
  return [...found.values()]
    .map(({ labels, serial, concurrent }) => {
      // The departure is absent when nothing departs, and may be held from an earlier round.
      const current = (r: ModeResult) => (r.reference === 1 ? { ...r, divergence: null } : r);
      const [s, c] = [current(serial), current(concurrent)];
      return {
        id: name(labels),
        probe: labels.probe ?? '',
        model: labels.model ?? '',
        endpoint: labels.endpoint ?? '',
        serial: s,
        concurrent: c,
        verdict: verdictOf(s, c),
      };
    })
    .sort((a, b) => severity[a.verdict.kind] - severity[b.verdict.kind] || collator.compare(a.id, b.id));
}

export interface Round extends DriftRound {
  /** ms since 1970 */
  readonly at: number;
}

/** The newest round of a probe in each mode; undefined where there is no record of it. */
export function roundsOf(
  records: readonly { readonly at: number; readonly body: unknown }[],
  probe: Pick<Probe, 'probe' | 'model' | 'endpoint'>,
): Partial<Record<Mode, Round>> {
  const rounds: Partial<Record<Mode, Round>> = {};
  for (const { at, body } of records) {
    const parsed = driftRound.safeParse(body);
    if (!parsed.success) continue;
    const round = parsed.data;
    if (round.probe !== probe.probe || round.model !== probe.model || round.endpoint !== probe.endpoint) continue;
    if (at >= (rounds[round.mode]?.at ?? 0)) rounds[round.mode] = { ...round, at };
  }
  return rounds;
}

export interface FingerprintChange {
  /** ms since 1970 of the first sample with the new fingerprint. */
  readonly time: number;
  readonly label: string;
}

/** Times at which a server of a model showed a fingerprint that it had not shown before in the range. */
export function fingerprintChanges(answer: RangeAnswer | undefined): FingerprintChange[] {
  if (answer === undefined) return [];
  const servers = new Map<string, { model: string; first: Map<string, number> }>();
  for (const { labels, times } of answer.series) {
    const { fingerprint, model = 'unknown model', endpoint = '' } = labels;
    const time = times[0];
    if (fingerprint === undefined || time === undefined) continue;
    const key = JSON.stringify([model, endpoint]);
    const server = servers.get(key) ?? { model, first: new Map<string, number>() };
    server.first.set(fingerprint, Math.min(time, server.first.get(fingerprint) ?? time));
    servers.set(key, server);
  }
  return [...servers.values()]
    .flatMap(({ model, first }) => {
      const order = [...first].sort(([, a], [, b]) => a - b);
      return order.flatMap(([fingerprint, time], i) => {
        const before = order[i - 1];
        // Two that are there from the start are two servers behind one address, not a change.
        if (before === undefined || time <= order[0]![1]) return [];
        return [{ time, label: `${model}: fingerprint ${before[0]} → ${fingerprint}` }];
      });
    })
    .sort((a, b) => a.time - b.time);
}

/** Where a text forks from another, as the words around: for a line that quotes the fork. */
export function forkQuote(
  reference: string,
  output: string,
  at: number,
): { same: string; instead: string; got: string } {
  const [left, right] = [Array.from(reference), Array.from(output)];
  let start = Math.max(0, at - 28);
  while (start > 0 && start < at && !/\s/.test(left[start - 1] ?? ' ')) start++;
  const tail = (text: readonly string[]) => text.slice(at, at + 28).join('');
  return { same: left.slice(start, at).join(''), instead: tail(left), got: tail(right) };
}
