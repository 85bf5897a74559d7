import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { DriftRound } from '@binnacle/shared/api/domain.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { agreement, divergenceIndex } from '@binnacle/shared/models/drift-agreement.ts';
import { addressOf } from '../polling/bounded-http.ts';
import { Recollection } from '../polling/recollection.ts';
import type { Round } from '../polling/round.ts';
import type { ReceiverContext } from '../receiver.ts';
import { complete, requestBody } from './complete.ts';
import type { DriftProbe } from './config.ts';
import { cut, rememberedReference } from './remembered-reference.ts';
import { type Outputs, runRound } from './run-round.ts';

const maxListedOutputs = 20;
const maxPromptBytes = 100_000;
/** A learned reference that is longer is not kept for the next start. */
const maxLearnedCharacters = 200_000;
/** Longest that a reading waits for the store. */
const recallMs = 10_000;

/** One probe: a serial round, then a concurrent one, and what they say about the server. */
export class Probe {
  readonly #options: DriftProbe;
  /** Prefix of the keys of its records. */
  readonly #key: string;
  #prompt: string | undefined;
  #reference: string | undefined;
  readonly #recollection: Recollection;
  /** Most common output of the first complete round: the reference, when the store turns out to have none. */
  #first: string | undefined;
  #requestDigest = '';
  #failures = 0;

  constructor(options: DriftProbe, key: string, context: ReceiverContext) {
    this.#options = options;
    this.#key = key;
    this.#prompt = options.prompt;
    this.#reference = options.reference;
    this.#recollection = new Recollection(context, {
      kind: 'drift_probe',
      query: { cluster: options.labels.cluster ?? '', keyPrefix: `${key}/` },
      source: key,
      timeoutMs: recallMs,
    });
  }

  async read(round: Round, signal: AbortSignal): Promise<void> {
    const { endpoint, model, runs, concurrency } = this.#options;
    const body = requestBody(this.#options, await this.#readPrompt());
    this.#requestDigest = createHash('sha256').update(body).digest('hex');
    const knowsBefore = this.#options.reference !== undefined || (await this.#recall(round, signal));
    const ask = () => complete(this.#options, body, signal);
    const serial = await runRound(runs, 1, ask, signal);
    const concurrent = serial.completions.length === 0 ? null : await runRound(runs, concurrency, ask, signal);
    const labels = { probe: this.#options.name, endpoint: addressOf(endpoint), model };
    this.#failures += serial.failures + (concurrent?.failures ?? 0);
    round.sample('binnacle_drift_request_failures_total', labels, this.#failures);
    this.#report(round, 'serial', labels, serial, knowsBefore);
    if (concurrent === null) round.fail(serial.failure ?? 'No run was answered.');
    else this.#report(round, 'concurrent', labels, concurrent, knowsBefore);
    const fingerprints = [...serial.completions, ...(concurrent?.completions ?? [])].map(
      ({ fingerprint }) => fingerprint,
    );
    // Several are the finding itself: a load balancer in front of servers that are not alike.
    for (const fingerprint of new Set(fingerprints))
      if (fingerprint !== null) round.sample('binnacle_drift_fingerprint_info', { ...labels, fingerprint }, 1);
  }

  /** Whether the reference of earlier starts is known, or known not to be. */
  async #recall(round: Round, signal: AbortSignal): Promise<boolean> {
    const question = {
      key: this.#key,
      endpoint: addressOf(this.#options.endpoint),
      model: this.#options.model,
      prompt: this.#prompt ?? '',
      requestDigest: this.#requestDigest,
    };
    const problem = await this.#recollection.problem((records) => {
      this.#reference = rememberedReference(question, records) ?? this.#first;
    }, signal);
    if (problem !== null)
      round.warn(`The reference of ${this.#key} is not known, so nothing is compared with it: ${problem}`);
    return problem === null;
  }

  /** An incomplete round says nothing about agreement: its runs that are missing might have differed. */
  #report(
    round: Round,
    mode: 'serial' | 'concurrent',
    labels: { probe: string; endpoint: string; model: string },
    outputs: Outputs,
    knowsBefore: boolean,
  ): void {
    const texts = outputs.completions.map(({ text }) => text);
    if (outputs.failures > 0)
      round.warn(`${outputs.failures} of ${this.#options.runs} ${mode} runs failed: ${outputs.failure}`);
    const complete = outputs.failures === 0;
    if (complete) this.#first ??= agreement(texts)?.modal;
    if (complete && knowsBefore) this.#reference ??= this.#first;
    const found = agreement(texts, this.#reference);
    if (complete && found !== null) {
      const modeLabels = { ...labels, mode };
      round.sample('binnacle_drift_agreement_ratio', modeLabels, found.modalShare);
      round.sample('binnacle_drift_unique_outputs', modeLabels, found.unique);
      if (this.#reference !== undefined) {
        round.sample('binnacle_drift_reference_agreement_ratio', modeLabels, found.referenceShare);
        round.sample('binnacle_drift_first_divergence_characters', modeLabels, found.firstDivergence);
      }
    }
    const body = this.#body(mode, labels, outputs, texts);
    if (body !== null)
      round.record('drift_probe', this.#options.labels.cluster ?? '', `${this.#key}/${mode}`, round.atMs, body);
  }

  /** null without a single output, or before there is a reference to compare with. */
  #body(
    mode: 'serial' | 'concurrent',
    labels: { probe: string; endpoint: string; model: string },
    outputs: Outputs,
    texts: readonly string[],
  ): DriftRound | null {
    const reference = this.#reference;
    if (texts.length === 0 || reference === undefined) return null;
    const counts = new Map<string, number>();
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
    return {
      ...labels,
      mode,
      prompt: cut(this.#prompt ?? ''),
      reference: cut(reference),
      fingerprint: outputs.completions.find(({ fingerprint }) => fingerprint !== null)?.fingerprint ?? null,
      outputs: [...counts]
        .toSorted((a, b) => b[1] - a[1])
        .slice(0, maxListedOutputs)
        .map(([text, count]) => ({ text: cut(text), count, divergesAt: divergenceIndex(reference, text) })),
      runs: this.#options.runs,
      failures: outputs.failures,
      learned:
        this.#options.reference !== undefined || reference.length > maxLearnedCharacters
          ? null
          : { requestDigest: this.#requestDigest, reference },
    };
  }

  async #readPrompt(): Promise<string> {
    if (this.#prompt !== undefined) return this.#prompt;
    const path = this.#options.promptFile ?? '';
    let prompt: string;
    try {
      prompt = await readFile(path, 'utf8');
    } catch (error) {
      throw new BinnacleError('bad_config', `The prompt file ${path} cannot be read.`, { cause: error });
    }
    if (prompt.trim() === '' || prompt.length > maxPromptBytes)
      throw new BinnacleError('bad_config', `The prompt file ${path} is empty or too long.`);
    this.#prompt = prompt;
    return prompt;
  }
}
