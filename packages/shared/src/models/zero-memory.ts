/**
 * Question: how much GPU memory do the model states take at each ZeRO stage?
 *
 * Formula, Ψ parameters, N data-parallel ranks, K bytes of optimizer state a parameter (12 for Adam in mixed precision):
 *   none (4+K)Ψ · stage 1: 4Ψ + KΨ/N · stage 2: 2Ψ + (2+K)Ψ/N · stage 3: (4+K)Ψ/N     ZeRO, arXiv:1910.02054
 * DeepSpeed's own estimator of stage 3 differs (4·largest layer + 18Ψ/N, fp32 gradients counted), and prints GiB as "GB":
 * `estimate_zero3_model_states_mem_needs` in deepspeed/runtime/zero/stage3.py.
 *
 * Inputs: counts; answers in bytes per GPU. Assumptions: parameters and gradients in 2 bytes.
 *
 * Unknown: activations, buffers and fragmentation are not included, so what a GPU really uses lies above; undefined for
 * counts that are not positive.
 */
export interface ZeroMemoryInput {
  readonly parameters: number;
  readonly dataParallelRanks: number;
  readonly stage: 0 | 1 | 2 | 3;
  readonly optimizerBytesPerParameter?: number;
}

/** Bytes of parameters, gradients and optimizer states on each GPU. */
export function zeroModelStateBytes(
  input: ZeroMemoryInput,
): { parameters: number; gradients: number; optimizer: number; total: number } | undefined {
  const { parameters: psi, dataParallelRanks: ranks, stage, optimizerBytesPerParameter: k = 12 } = input;
  if (!(psi > 0) || !(ranks >= 1) || !(k >= 0)) return undefined;
  const parameters = (2 * psi) / (stage >= 3 ? ranks : 1);
  const gradients = (2 * psi) / (stage >= 2 ? ranks : 1);
  const optimizer = (k * psi) / (stage >= 1 ? ranks : 1);
  return { parameters, gradients, optimizer, total: parameters + gradients + optimizer };
}

export interface DeepSpeedZero3Input {
  readonly parameters: number;
  readonly largestLayerParameters: number;
  readonly gpus: number;
  readonly offloadOptimizer: boolean;
  readonly offloadParameters: boolean;
}

/** Bytes per GPU as DeepSpeed's estimator of stage 3 counts them. */
export function deepSpeedZero3Bytes(input: DeepSpeedZero3Input): number | undefined {
  const { parameters, largestLayerParameters, gpus } = input;
  if (!(parameters > 0) || !(largestLayerParameters > 0) || !(gpus >= 1)) return undefined;
  const bytesPerParameter = input.offloadOptimizer ? (input.offloadParameters ? 0 : 2) : 18;
  return 4 * largestLayerParameters + (bytesPerParameter * parameters) / gpus;
}
