import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GatewayProcess, startGateway } from '../gateway-process.ts';
import { seed } from './seed.ts';

const here = spawnSync('promtool', ['--version'], { stdio: 'ignore' }).status === 0;
const run = promisify(execFile);

/** Needs Debian's `prometheus` on the PATH; `.ci/run` installs it. */
describe.skipIf(!here)('promtool (skipped where it is not installed)', () => {
  let gateway: GatewayProcess;
  let times: { fromMs: number; toMs: number };
  let range: string[];
  const query = async (...args: string[]): Promise<string> => (await run('promtool', ['query', ...args])).stdout;

  beforeAll(async () => {
    gateway = await startGateway('receivers:\n  remote-write: {}\n');
    times = await seed(gateway);
    range = [`--start=${times.fromMs / 1000}`, `--end=${times.toMs / 1000}`];
  });
  afterAll(() => gateway?.stop());

  it('asks for an instant, as text and as JSON', async () => {
    const asked = [`--time=${times.toMs / 1000}`, gateway.url, 'max by (hostname) (gpu_temp)'];
    const at = `@[${times.toMs / 1000}]`;
    expect(await query('instant', ...asked)).toBe(`{hostname="node-1"} => 75 ${at}\n{hostname="node-2"} => 95 ${at}\n`);
    expect(JSON.parse(await query('--format=json', 'instant', ...asked))).toEqual([
      { metric: { hostname: 'node-1' }, value: [times.toMs / 1000, '75'] },
      { metric: { hostname: 'node-2' }, value: [times.toMs / 1000, '95'] },
    ]);
    expect(await query('instant', `--time=5`, gateway.url, '1 + 1')).toBe('scalar: 2 @[5]\n');
  });

  it('asks for a range', async () => {
    const text = await query('range', ...range, '--step=5m', gateway.url, 'sum(rate(gpu_energy_joules_total[5m]))');
    const lines = text.trim().split('\n');
    expect(lines[0]).toBe('{} =>');
    expect(lines.at(-1)).toMatch(new RegExp(`^[\\d.]+ @\\[${times.toMs / 1000}\\]$`));
    expect(Number.parseFloat(lines.at(-1) as string)).toBeCloseTo(2400, 6);
  });

  it('asks for series and the values of labels', async () => {
    const series = await query('series', '--match=gpu_temp{gpu="0"}', '--match=jobs', ...range, gateway.url);
    expect(series.trim().split('\n')).toHaveLength(3);
    expect(await query('labels', ...range, gateway.url, 'hostname')).toBe('node-1\nnode-2\n');
    expect(await query('labels', gateway.url, 'gpu')).toBe('0\n1\n2\n3\n');
  });

  it('tells an error in our words', async () => {
    await expect(query('instant', gateway.url, 'sum(')).rejects.toThrow(/bad_data: invalid parameter "query": 1:5/);
    const many = [`--start=0`, `--end=${times.toMs / 1000}`, '--step=1s'];
    await expect(query('range', ...many, gateway.url, 'gpu_temp')).rejects.toThrow(/exceeded maximum resolution/);
  });
});
