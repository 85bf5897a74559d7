import { expect, it } from 'vitest';
import { analyticCases, distances, fits } from './analytic-cases.ts';
import {
  megatronFlopsPerBatch,
  mfuRatio,
  palmFlopsPerToken,
  peakFlopsPerSecond,
  torchtitanFlopsPerToken,
} from './mfu.ts';

it.each(analyticCases('mfu_palm'))('PaLM, $source', (one) => {
  const { params, layers, heads, head_dim, seq, tokens_per_s, chips, peak_flops, attention } = one.inputs;
  const flopsPerToken = palmFlopsPerToken(
    { parameters: params, layers, heads, headDim: head_dim, sequence: seq },
    { attention },
  );
  const ratio = mfuRatio({ tokensPerSecond: tokens_per_s, flopsPerToken, gpus: chips, peakFlopsPerSecond: peak_flops });
  expect(distances(ratio! * 100, one)).toEqual(fits);
});
it('PaLM with attention is the published 46.2 %', () => {
  const flopsPerToken = palmFlopsPerToken({
    parameters: 540.35e9,
    layers: 118,
    heads: 48,
    headDim: 256,
    sequence: 2048,
  });
  const ratio = mfuRatio({
    tokensPerSecond: 238_300,
    flopsPerToken,
    gpus: 6144,
    peakFlopsPerSecond: peakFlopsPerSecond('TPU v4'),
  });
  expect(ratio).toBeCloseTo(0.462, 3);
});
it.each(analyticCases('flops_per_token_torchtitan'))('torchtitan FLOPs per token', (one) => {
  const i = one.inputs;
  const flops = torchtitanFlopsPerToken({
    parameters: i.params,
    embeddingParameters: i.embedding_params,
    layers: i.n_layers,
    heads: i.n_heads,
    qkPlusVHeadDim: i.qk_plus_v_head_dim,
    sequence: i.seq,
  });
  expect(distances(flops / 1e9, one)).toEqual(fits);
});
it.each(analyticCases('mfu_torchtitan'))('torchtitan MFU', (one) => {
  const ratio = mfuRatio({
    tokensPerSecond: one.inputs.tokens_per_s_per_gpu,
    flopsPerToken: one.inputs.flops_per_token,
    gpus: 1,
    peakFlopsPerSecond: one.inputs.peak_flops,
  });
  expect(distances(ratio! * 100, one)).toEqual(fits);
});
it.each([...analyticCases('mfu_from_tflops'), ...analyticCases('utilisation_from_tflops')])(
  'from TFLOP/s, $source',
  (one) => {
    const ratio = mfuRatio({
      tokensPerSecond: 1,
      flopsPerToken: one.inputs.tflops_per_gpu * 1e12,
      gpus: 1,
      peakFlopsPerSecond: (one.inputs.peak_tflops ?? 312) * 1e12,
    });
    expect(distances(ratio! * 100, one)).toEqual(fits);
  },
);
it.each(analyticCases('megatron_tflops_per_gpu'))('Megatron, $source', (one) => {
  const { batch, seq, layers, hidden, vocab, iter_s, gpus, recompute } = one.inputs;
  const flops = megatronFlopsPerBatch({ batch, sequence: seq, layers, hidden, vocabulary: vocab, recompute });
  expect(distances(flops / iter_s / gpus / 1e12, one)).toEqual(fits);
});

it.each([
  ['NVIDIA H100 80GB HBM3', 989e12],
  ['NVIDIA H100 PCIe', 756e12],
  ['NVIDIA H100 NVL', 835e12],
  ['NVIDIA H200', 989e12],
  ['NVIDIA H20', 148e12],
  ['NVIDIA GB200', 2500e12],
  ['NVIDIA B200', 2250e12],
  ['NVIDIA A100-SXM4-80GB', 312e12],
  ['NVIDIA T400 4GB', undefined],
])('peak of %s is %s', (device, peak) => {
  expect(peakFlopsPerSecond(device)).toBe(peak);
});

it('is unknown on an unknown device, never a guess', () => {
  expect(
    mfuRatio({
      tokensPerSecond: 1e5,
      flopsPerToken: 1e11,
      gpus: 8,
      peakFlopsPerSecond: peakFlopsPerSecond('NVIDIA X900'),
    }),
  ).toBeUndefined();
});
