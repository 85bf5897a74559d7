import { describe, expect, it } from 'vitest';
import { planLines } from './explain.ts';

const node = (kind: string, read: number | null, ...children: ReturnType<typeof leaf>[]) => ({
  ...leaf(kind, read),
  children,
});
function leaf(kind: string, read: number | null) {
  return { kind, text: kind, from: 0, to: 1, stepInvariant: false, read, within: false, children: [] as never[] };
}
const cost = { series: null, samples: null, bytes: null, durationMs: null };

describe('planLines', () => {
  it('draws each node above what it is made of, with the read that answers it', () => {
    const lines = planLines({
      root: node('binary', null, node('call', null, leaf('selector', 0) as never) as never, leaf('selector', 1)),
      reads: [
        {
          plan: 'grid',
          selectors: ['x'],
          fromMs: 0,
          toMs: 1,
          sql: [],
          reason: '',
          estimated: cost,
          actual: null,
        },
      ],
    });
    expect(lines.map(({ node, depth, read }) => [node.kind, depth, read?.plan])).toEqual([
      ['binary', 0, undefined],
      ['call', 1, undefined],
      ['selector', 2, 'grid'],
      // A read that the list does not hold is not invented.
      ['selector', 1, undefined],
    ]);
    expect(lines[2]?.read?.number).toBe(1);
  });
});
