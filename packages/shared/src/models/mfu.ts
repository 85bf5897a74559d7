/**
 * Question: which share of the GPUs' peak arithmetic does a training run use for the model itself (MFU)?
 *
 * Formula: MFU = tokens/s × FLOPs per token / (GPUs × peak FLOP/s).
 *   PaLM App. B (arXiv:2204.02311)  6N + 12·L·H·Q·T     full attention, no recomputation
 *   torchtitan                      6(N−Nemb) + 6·L·H·(dqk+dv)·T
 *   Megatron-LM (arXiv:2104.04473)  96·B·s·l·h²(1 + s/6h + V/16lh) a batch with recomputation, ¾ of it without
 * Megatron's published utilisations count the recomputation (HFU-like): MFU is ¾ of them. Never mix both in one list.
 *
 * Inputs: counts, tokens per second over all GPUs, peak in dense BF16 FLOP/s of one GPU.
 * Assumptions: dense models (MoE: pass the active parameters), no sparsity.
 *
 * Unknown: a device that is not in the table has no peak, and then no MFU; nothing is guessed. FP8 runs have no single
 * peak: show their FLOP/s instead.
 */

/** First match wins; `\b` keeps GB200 from matching B200, and H200 comes before H20. */
const peaks: readonly (readonly [RegExp, number])[] = [
  [/\bGB[23]00\b/, 2500],
  [/\bB[23]00\b/, 2250],
  [/\bH200\b/, 989],
  [/\bH20\b/, 148],
  [/\bH100\b.*\bNVL\b/, 835],
  [/\bH100\b.*\bPCIe\b/i, 756],
  [/\bH100\b/, 989],
  [/\bA100\b/, 312],
  [/\bA6000\b/, 154.85],
  [/\bL40S\b/, 362],
  [/\bMI355X\b/, 2500],
  [/\bMI3(00|25)X\b/, 1300],
  [/\bMI250X\b/, 191.5],
  [/\bTPU v4\b/, 275],
  [/\bTPU v5e\b/, 197],
  [/\bTPU v5p\b/, 459],
  [/\bTPU v6e\b/, 918],
];

/** Peak dense BF16 FLOP/s of one device (MI250X: of one die) by the name that its driver reports; source: torchtitan `get_peak_flops`. */
export function peakFlopsPerSecond(device: string): number | undefined {
  const peak = peaks.find(([pattern]) => pattern.test(device))?.[1];
  return peak === undefined ? undefined : peak * 1e12;
}

export interface TransformerShape {
  readonly parameters: number;
  readonly layers: number;
  readonly heads: number;
  readonly headDim: number;
  readonly sequence: number;
}

/** FLOPs per token by PaLM's convention; `attention: false` leaves the attention term out, as some reports do. */
export function palmFlopsPerToken(shape: TransformerShape, { attention = true } = {}): number {
  const { parameters, layers, heads, headDim, sequence } = shape;
  return 6 * parameters + (attention ? 12 * layers * heads * headDim * sequence : 0);
}

/** FLOPs per token as torchtitan counts them. */
export function torchtitanFlopsPerToken(input: {
  parameters: number;
  embeddingParameters: number;
  layers: number;
  heads: number;
  qkPlusVHeadDim: number;
  sequence: number;
}): number {
  return (
    6 * (input.parameters - input.embeddingParameters) +
    6 * input.layers * input.heads * input.qkPlusVHeadDim * input.sequence
  );
}

/** FLOPs of one batch as Megatron-LM's papers count them. */
export function megatronFlopsPerBatch(input: {
  batch: number;
  sequence: number;
  layers: number;
  hidden: number;
  vocabulary: number;
  recompute: boolean;
}): number {
  const { batch, sequence: s, layers: l, hidden: h, vocabulary, recompute } = input;
  return (recompute ? 96 : 72) * batch * s * l * h * h * (1 + s / (6 * h) + vocabulary / (16 * l * h));
}

/** Share of the peak, 0…1, or undefined where the peak is unknown. */
export function mfuRatio(input: {
  tokensPerSecond: number;
  flopsPerToken: number;
  gpus: number;
  peakFlopsPerSecond: number | undefined;
}): number | undefined {
  const { tokensPerSecond, flopsPerToken, gpus, peakFlopsPerSecond: peak } = input;
  if (peak === undefined || !(peak > 0) || !(gpus >= 1) || !(tokensPerSecond >= 0)) return undefined;
  return (tokensPerSecond * flopsPerToken) / (gpus * peak);
}
