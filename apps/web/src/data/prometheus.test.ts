import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodeBinaryMatrix } from './binary-matrix.ts';
import { queryRange } from './prometheus.ts';

const binary = 'application/vnd.binnacle.matrix';

/** The layout of `docs/prometheus-api.md`, written by hand. */
function matrixBytes(header: object, points: number[], bitmaps: number[][], values: number[]): ArrayBuffer {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const pointBytes = Math.ceil(points.length / 2) * 8;
  const buffer = new ArrayBuffer(8 + headerBytes + pointBytes + bitmaps.length * 8 + values.length * 8);
  const bytes = new Uint8Array(buffer).fill(0x20, 8, 8 + headerBytes);
  bytes.set(new TextEncoder().encode('BMX1'));
  bytes.set(json, 8);
  const view = new DataView(buffer);
  view.setUint32(4, headerBytes, true);
  let at = 8 + headerBytes;
  points.forEach((length, s) => void view.setUint32(at + 4 * s, length, true));
  at += pointBytes;
  for (const steps of bitmaps) {
    for (const step of steps) bytes[at + (step >> 3)]! |= 1 << (step & 7);
    at += 8;
  }
  values.forEach((value, i) => void view.setFloat64(at + 8 * i, value, true));
  return buffer;
}

const header = {
  resultType: 'matrix',
  startMs: 1000,
  stepMs: 500,
  count: 10,
  series: [{ host: 'é' }, { host: 'b' }, { host: 'c' }],
  warnings: ['w'],
};
const full = [0, 1, 2, 3, Number.NaN, 5, Number.POSITIVE_INFINITY, 7, 8, 9];
const whole = matrixBytes(header, [10, 2, 0], [[1, 9]], [...full, -1, 0.5]);

describe('a binary matrix', () => {
  it('is read, holes as holes', () => {
    const { series, warnings } = decodeBinaryMatrix(whole);
    expect(warnings).toEqual(['w']);
    expect(series).toEqual([
      { labels: { host: 'é' }, times: [1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500, 5000, 5500], values: full },
      { labels: { host: 'b' }, times: [1500, 5500], values: [-1, 0.5] },
      { labels: { host: 'c' }, times: [], values: [] },
    ]);
  });

  it('shares the times of series without holes', () => {
    const { series } = decodeBinaryMatrix(matrixBytes({ ...header, count: 1 }, [1, 1, 1], [], [1, 2, 3]));
    expect(series[0]?.times).toBe(series[1]?.times);
  });

  it.each([
    ['nothing', new ArrayBuffer(0)],
    ['another version', matrixBytes(header, [10, 2, 0], [[1, 9]], [...full, -1, 0.5]).slice(1)],
    ['half of it', whole.slice(0, 200)],
    ['one value less', whole.slice(0, whole.byteLength - 8)],
    ['more values than steps', matrixBytes({ ...header, series: [{}], count: 1 }, [2], [], [1, 2])],
    ['fewer bits than values', matrixBytes({ ...header, series: [{}] }, [2], [[1]], [1, 2])],
    ['a header that is none', matrixBytes({ ...header, count: 'many' }, [10, 2, 0], [[1, 9]], [...full, 1, 1])],
  ])('is refused where it is %s', (_name, bytes) => {
    expect(() => decodeBinaryMatrix(bytes)).toThrow();
  });
});

describe('a range query', () => {
  afterEach(() => void vi.unstubAllGlobals());
  const range = { fromMs: 1000, toMs: 5500, stepSeconds: 0.5 };
  const answers = (response: () => Response) => {
    const fetched = vi.fn(async (_url: string, _init: RequestInit) => response());
    vi.stubGlobal('fetch', fetched);
    return fetched;
  };

  it('asks for the binary matrix', async () => {
    const fetched = answers(() => new Response(whole, { headers: { 'content-type': binary } }));
    const answer = await queryRange('up', range);
    expect(answer).toMatchObject({ ...range, warnings: ['w'], series: [{ labels: { host: 'é' } }, {}, {}] });
    const [url, init] = fetched.mock.calls[0]!;
    expect(url).toBe('/gateway/api/v1/query_range?query=up&start=1&end=5.5&step=0.5');
    expect(init.headers).toEqual({ accept: `${binary}, application/json;q=0.9` });
  });

  it('reads JSON to the same data', async () => {
    const values = full.map((value, i) => [1 + i / 2, value === Number.POSITIVE_INFINITY ? '+Inf' : `${value}`]);
    const result = [
      { metric: { host: 'é' }, values },
      {
        metric: { host: 'b' },
        values: [
          [1.5, '-1'],
          [5.5, '0.5'],
        ],
      },
      { metric: { host: 'c' }, values: [] },
    ];
    answers(() => Response.json({ status: 'success', data: { resultType: 'matrix', result }, warnings: ['w'] }));
    const fromJson = await queryRange('up', range);
    answers(() => new Response(whole, { headers: { 'content-type': binary } }));
    expect(await queryRange('up', range)).toEqual(fromJson);
  });

  it('tells an error of the gateway in its own words', async () => {
    answers(() =>
      Response.json({ status: 'error', errorType: 'bad_data', error: '1:3: parse error: x' }, { status: 400 }),
    );
    await expect(queryRange('up', range)).rejects.toMatchObject({
      code: 'query_invalid',
      position: { line: 1, column: 3 },
    });
  });

  it('says so where the answer cannot be read', async () => {
    answers(() => new Response(whole.slice(0, 100), { headers: { 'content-type': binary } }));
    await expect(queryRange('up', range)).rejects.toMatchObject({ code: 'upstream_failed' });
  });
});
