/**
 * Question: does a model answer the same prompt alike every time, and where do the answers part?
 *
 * Formula, outputs y₁…y_N of one prompt: unique@N = |{yᵢ}|; modal share = max count / N; first divergence = the smallest
 * index at which an output departs from the reference (an output that ends early departs at its end); reference share =
 * share equal to the reference. TARr@N over prompts = share of prompts with one distinct raw output (arXiv:2408.04667,
 * breckbaldwin/llm-stability). Normalised edit distance = Levenshtein(a, b) / max(|a|, |b|).
 *
 * Inputs: raw texts, compared as they are; indices and lengths in Unicode code points. Without a reference the most
 * common output is the reference; among equals the one that came first.
 *
 * Assumptions: the runs were made with the same bytes of the request. A failed run is not an output: leave it out and
 * count it elsewhere.
 *
 * Unknown: no outputs = null. firstDivergence is null when nothing diverges.
 */
export interface Agreement {
  readonly runs: number;
  readonly unique: number;
  readonly modal: string;
  readonly modalShare: number;
  /** Share of the outputs equal to the reference (or to the modal output, where none was given). */
  readonly referenceShare: number;
  readonly firstDivergence: number | null;
}

export function agreement(outputs: readonly string[], reference?: string): Agreement | null {
  const counts = new Map<string, number>();
  for (const output of outputs) counts.set(output, (counts.get(output) ?? 0) + 1);
  let modal: string | undefined;
  let modalCount = 0;
  for (const [output, count] of counts) {
    if (count > modalCount) {
      modal = output;
      modalCount = count;
    }
  }
  if (modal === undefined) return null;
  const against = reference ?? modal;
  let first: number | null = null;
  for (const output of counts.keys()) {
    const index = divergenceIndex(against, output);
    if (index !== null && (first === null || index < first)) first = index;
  }
  return {
    runs: outputs.length,
    unique: counts.size,
    modal,
    modalShare: modalCount / outputs.length,
    referenceShare: (counts.get(against) ?? 0) / outputs.length,
    firstDivergence: first,
  };
}

/** Index of the first code point in which two texts differ; null for equal texts. */
export function divergenceIndex(a: string, b: string): number | null {
  if (a === b) return null;
  const left = Array.from(a);
  const right = Array.from(b);
  let i = 0;
  while (i < left.length && i < right.length && left[i] === right[i]) i++;
  return i;
}

/** Levenshtein distance over the longer length: 0 = equal, 1 = nothing in common. Cost grows with |a|·|b|. */
export function normalisedEditDistance(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  const longest = Math.max(left.length, right.length);
  if (longest === 0) return 0;
  let previous = Uint32Array.from({ length: right.length + 1 }, (_, j) => j);
  let current = new Uint32Array(right.length + 1);
  for (let i = 1; i <= left.length; i++) {
    current[0] = i;
    for (let j = 1; j <= right.length; j++) {
      const substitution = (previous[j - 1] as number) + (left[i - 1] === right[j - 1] ? 0 : 1);
      current[j] = Math.min(substitution, (previous[j] as number) + 1, (current[j - 1] as number) + 1);
    }
    [previous, current] = [current, previous];
  }
  return (previous[right.length] as number) / longest;
}

/** Share of prompts whose runs all gave one raw output; undefined without prompts. A prompt without outputs does not agree. */
export function totalAgreementRate(outputsByPrompt: readonly (readonly string[])[]): number | undefined {
  if (outputsByPrompt.length === 0) return undefined;
  return outputsByPrompt.filter((outputs) => new Set(outputs).size === 1).length / outputsByPrompt.length;
}
