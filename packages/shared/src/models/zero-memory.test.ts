import { expect, it } from 'vitest';
import { analyticCases, distances, fits } from './analytic-cases.ts';
import { deepSpeedZero3Bytes, zeroModelStateBytes } from './zero-memory.ts';

it.each(analyticCases('zero_memory'))('$inputs', (one) => {
  const { params, dp, stage, k } = one.inputs;
  const bytes = zeroModelStateBytes({
    parameters: params,
    dataParallelRanks: dp,
    stage,
    optimizerBytesPerParameter: k,
  });
  expect(distances(bytes!.total / 1e9, one)).toEqual(fits);
});
it.each(analyticCases('deepspeed_zero3_estimate'))('DeepSpeed, $inputs', (one) => {
  const { params, largest_layer_params, gpus, offload_optimizer, offload_param } = one.inputs;
  const bytes = deepSpeedZero3Bytes({
    parameters: params,
    largestLayerParameters: largest_layer_params,
    gpus,
    offloadOptimizer: offload_optimizer,
    offloadParameters: offload_param,
  });
  expect(distances(bytes! / 2 ** 30, one)).toEqual(fits);
});

it('splits the sum into parameters, gradients and optimizer states', () => {
  expect(zeroModelStateBytes({ parameters: 1e9, dataParallelRanks: 4, stage: 2 })).toEqual({
    parameters: 2e9,
    gradients: 0.5e9,
    optimizer: 3e9,
    total: 5.5e9,
  });
});

it('is unknown for counts that are not positive', () => {
  expect(zeroModelStateBytes({ parameters: 0, dataParallelRanks: 4, stage: 2 })).toBeUndefined();
  expect(zeroModelStateBytes({ parameters: 1, dataParallelRanks: Number.NaN, stage: 2 })).toBeUndefined();
  expect(
    deepSpeedZero3Bytes({
      parameters: 1,
      largestLayerParameters: 0,
      gpus: 8,
      offloadOptimizer: false,
      offloadParameters: false,
    }),
  ).toBeUndefined();
});
