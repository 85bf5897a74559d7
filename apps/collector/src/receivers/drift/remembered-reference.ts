import { driftRound } from '@binnacle/shared/api/domain.ts';
import type { TelemetryRecord } from '@binnacle/shared/telemetry/records.ts';

/** What was asked, and of whom: a reference counts for this alone. */
export interface Question {
  /** Prefix of the keys of the probe's records. */
  readonly key: string;
  readonly endpoint: string;
  readonly model: string;
  readonly prompt: string;
  /** SHA-256 of the request's body, in hex: model, prompt, longest answer and seed. */
  readonly requestDigest: string;
}

const maxTextCharacters = 2000;

/**
 * The reference that the newest round of a probe was compared with, out of its records (newest first); undefined when
 * there is none for this question. Records with a broken body are passed over, configured references do not count.
 */
export function rememberedReference(question: Question, records: readonly TelemetryRecord[]): string | undefined {
  for (const { key, body } of records) {
    // Keys of another probe may only begin alike.
    if (key !== `${question.key}/serial` && key !== `${question.key}/concurrent`) continue;
    const parsed = driftRound.safeParse(body);
    if (!parsed.success) continue;
    const { endpoint, model, prompt, reference, learned } = parsed.data;
    if (endpoint !== question.endpoint || model !== question.model || prompt !== cut(question.prompt)) return undefined;
    if (learned === undefined) return isWhole(prompt) && isWhole(reference) ? reference : undefined;
    return learned?.requestDigest === question.requestDigest ? learned.reference : undefined;
  }
  return undefined;
}

/** What the record shows of a text: cut between code points, so that no half of a pair is stored. */
export function cut(text: string): string {
  return text.length <= maxTextCharacters
    ? text
    : Array.from(text.slice(0, 2 * maxTextCharacters))
        .slice(0, maxTextCharacters)
        .join('');
}

/** Records of a version that kept no learned reference: a text of full length may have been cut. */
function isWhole(text: string): boolean {
  return text.length < maxTextCharacters;
}
