import { readFileSync } from 'node:fs';
import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { describe, expect, it } from 'vitest';
import { otlpConfig } from './config.ts';
import { MetricsDecoder } from './decode.ts';
import { DeltaTotals } from './delta-totals.ts';
import { metricsRequestFromJson } from './json-to-protobuf.ts';
import { PlainMetrics } from './plain-metrics.ts';

const config = otlpConfig.parse({});
const now = 1_700_000_000_000;

/** Labels, time and bits of every sample, in order. */
function rowsOf({ series, seriesOf, timestamps, valueWords, length }: SampleBatch): string[] {
  return Array.from({ length }, (_, i) => {
    const labels = series[seriesOf[i] as number] as LabelSet;
    return `${labels.key} ${timestamps[i]} ${valueWords[2 * i + 1]}:${valueWords[2 * i]}`;
  });
}

const decoder = () =>
  new MetricsDecoder(config, new DeltaTotals({ maxSeries: 10, maxStaleMs: 1000, restartAtGaps: false }));

/** Both decoders as the door uses them; says which one answered. */
class Pair {
  readonly plain: PlainMetrics;
  readonly #full = decoder();
  readonly #judge = decoder();

  constructor(maxEntries = 10_000) {
    this.plain = new PlainMetrics(maxEntries);
  }

  take(body: Buffer): { by: 'plain' | 'full'; rows: string[]; expected: string[] } {
    const expected = rowsOf(this.#judge.decode(body, now).batch);
    const plain = this.plain.decode(body);
    if (typeof plain === 'object') return { by: 'plain', rows: rowsOf(plain.batch), expected };
    const { batch, learnable } = this.#full.decode(body, now, plain === 'unknown');
    const rows = rowsOf(batch);
    if (learnable !== undefined) this.plain.learn(body, learnable);
    return { by: 'full', rows, expected };
  }
}

let seed = 1;
const random = (below: number) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
  return (seed >>> 8) % below;
};

const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === 'number' ? { intValue: value } : { stringValue: value },
});

const values = [0, -0, 1.5, -1e300, Number.MAX_VALUE, 'NaN', 'Infinity', '-Infinity'];

function point(slot: number, round: number): object {
  const value = random(3) === 0 ? { asInt: `${random(2 ** 20) - 5}` } : { asDouble: values[random(values.length)] };
  return {
    attributes: [attribute('slot', slot), ...(slot % 3 === 0 ? [attribute('empty', '')] : [])],
    startTimeUnixNano: '1600000000000000000',
    timeUnixNano: `${BigInt(now + round * 15_000 + random(3)) * 1_000_000n + BigInt(random(999_999))}`,
    ...value,
  };
}

function request(round: number): Buffer {
  const resources = Array.from({ length: 1 + random(4) }, () => {
    const host = random(6);
    const metrics = Array.from({ length: 1 + random(5) }, () => {
      const dataPoints = Array.from({ length: random(7) }, () => point(random(8), round));
      const name = `metric_${random(4)}`;
      return random(2) === 0
        ? { name, unit: 'By', gauge: { dataPoints } }
        : { name, sum: { dataPoints, aggregationTemporality: 2, isMonotonic: random(2) === 0 } };
    });
    const attributes = [attribute('service.name', `svc-${host}`), ...(host > 2 ? [attribute('host.name', 'h')] : [])];
    return { ...(host === 5 ? {} : { resource: { attributes } }), scopeMetrics: [{ scope: { name: 'x' }, metrics }] };
  });
  return metricsRequestFromJson(Buffer.from(JSON.stringify({ resourceMetrics: resources })));
}

const gauge = (dataPoints: readonly object[], ...more: object[]) =>
  metricsRequestFromJson(
    Buffer.from(
      JSON.stringify({
        resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'g', gauge: { dataPoints } }, ...more] }] }],
      }),
    ),
  );

describe('plain requests of OTLP metrics', () => {
  it('mean what the other decoder says of them', () => {
    const pair = new Pair();
    let plain = 0;
    for (let round = 0; round < 600; round++) {
      const { by, rows, expected } = pair.take(request(round));
      expect(rows).toEqual(expected);
      if (by === 'plain') plain++;
    }
    expect(plain).toBeGreaterThan(200);
  });

  it('are learned anew where the table is full', () => {
    const pair = new Pair(60);
    for (let round = 0; round < 300; round++) {
      const { rows, expected } = pair.take(request(round));
      expect(rows).toEqual(expected);
    }
  });

  it('that hold anything else are left to the other decoder, and forget nothing', () => {
    const pair = new Pair();
    const known = gauge([{ timeUnixNano: '1700000000000000000', asDouble: 1 }]);
    expect([pair.take(known).by, pair.take(known).by]).toEqual(['full', 'plain']);
    const histogram = { name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [{ count: '1', sum: 2 }] } };
    const delta = { name: 'd', sum: { aggregationTemporality: 1, dataPoints: [{ asDouble: 1 }] } };
    const others = [
      gauge([{ timeUnixNano: '1700000000000000000', asDouble: 1 }], histogram),
      gauge([{ timeUnixNano: '1700000000000000000', asDouble: 1, attributes: [attribute('new', 1)] }], delta),
      gauge([{ timeUnixNano: '1700000000000000000', flags: 1 }]),
      gauge([{ timeUnixNano: '1700000000000000000' }]),
      gauge([{ asDouble: 1 }]),
    ];
    for (const body of others) {
      expect(pair.plain.decode(body)).toBe('other');
      expect(pair.take(known).by).toBe('plain');
    }
  });

  it('that are cut off anywhere are never taken for whole ones', () => {
    const pair = new Pair();
    const body = request(1);
    pair.take(body);
    expect(pair.take(body).by).toBe('plain');
    for (let end = 1; end < body.length; end++) {
      const cut = body.subarray(0, end);
      const plain = pair.plain.decode(cut);
      if (typeof plain === 'object') expect(rowsOf(plain.batch)).toEqual(rowsOf(decoder().decode(cut, now).batch));
    }
  });

  it('with any byte changed mean what the other decoder says, or are left to it', () => {
    const pair = new Pair();
    const body = request(2);
    pair.take(body);
    for (let at = 0; at < body.length; at++) {
      const changed = Buffer.from(body);
      changed[at] = (changed[at] as number) ^ (1 << random(8));
      const plain = pair.plain.decode(changed);
      if (typeof plain === 'object') expect(rowsOf(plain.batch)).toEqual(rowsOf(decoder().decode(changed, now).batch));
    }
  });

  it('are decoded by what the source says', async () => {
    const { compileDecoder } = await import(
      new URL('../../../../../infra/scripts/build-wasm.mjs', import.meta.url).href
    );
    const built = readFileSync(new URL('../../wire/wasm/otlp-metrics.wasm', import.meta.url));
    expect(built.equals(await compileDecoder('otlp-metrics')), 'run `npm run wasm` and commit the result').toBe(true);
  });
});
