import type { NcclTest } from '@binnacle/shared/api/domain.ts';
import { collectiveNamed } from '@binnacle/shared/models/all-reduce.ts';
import { z } from 'zod';
import { meanBusGigabytes, type TestResult } from './test-result.ts';

/** Numbers come as numbers or text; NaN as "nan". */
const number = z
  .union([z.number(), z.string()])
  .nullish()
  .transform((value) => {
    const parsed = value == null || value === '' ? Number.NaN : Number(value);
    return Number.isFinite(parsed) ? parsed : null;
  });

const half = z.object({ time: number, cpu_time: number, alg_bw: number, bus_bw: number, nwrong: number }).nullish();

/** Only these fields are taken. `env` holds the whole environment of the run, secrets included: it is never looked at. */
const output = z.object({
  args: z.array(z.string()).nullish(),
  config: z
    .object({ devices: z.array(z.object({ rank: number, hostname: z.string().nullish() })).nullish() })
    .nullish(),
  results: z.array(
    z.object({
      size: number,
      type: z.string().nullish(),
      redop: z.string().nullish(),
      out_of_place: half,
      in_place: half,
    }),
  ),
  out_of_bounds: z.object({ count: number, okay: z.unknown().optional() }).nullish(),
  average_bus_bandwidth: z.object({ bandwidth: number, okay: z.unknown().optional() }).nullish(),
});

/** Reads the JSON output of nccl-tests (`-J`, version 3). null when it is none. */
export function parseTestJson(text: string): TestResult | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = output.safeParse(json);
  if (!parsed.success) return null;
  const { args, config, results, out_of_bounds, average_bus_bandwidth } = parsed.data;
  const rows: NcclTest['rows'] = [];
  for (const result of results) {
    for (const [placement, measured] of [
      ['out_of_place', result.out_of_place],
      ['in_place', result.in_place],
    ] as const) {
      const microseconds = measured?.time ?? measured?.cpu_time ?? null;
      if (result.size === null || microseconds === null || measured?.alg_bw == null || measured.bus_bw === null)
        continue;
      rows.push({
        sizeBytes: result.size,
        dtype: result.type ?? '',
        redop: result.redop ?? null,
        placement,
        seconds: microseconds / 1e6,
        algorithmBandwidthBytesPerSecond: measured.alg_bw * 1e9,
        busBandwidthBytesPerSecond: measured.bus_bw * 1e9,
        wrong: measured.nwrong,
      });
    }
  }
  const devices = config?.devices ?? [];
  const program = args?.[0]?.split('/').at(-1) ?? '';
  const average = average_bus_bandwidth?.bandwidth ?? null;
  // Booleans are the texts "true" and "false"; "unchecked" is neither.
  const okay = average_bus_bandwidth?.okay;
  return {
    collective: collectiveNamed(program) ?? null,
    version: null,
    ranks: devices.length === 0 ? null : devices.length,
    nodes: devices.length === 0 ? null : new Set(devices.map(({ hostname }) => hostname ?? '')).size,
    rows,
    outOfBounds: out_of_bounds?.count ?? null,
    printedAverageGigabytesPerSecond: average,
    meanGigabytesPerSecond: meanBusGigabytes(rows),
    averageOk: okay === 'true' || okay === true ? true : okay === 'false' || okay === false ? false : null,
    complete: average !== null,
  };
}
