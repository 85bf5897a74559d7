import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { compileRelabelling } from './relabel.ts';
import { type RelabelRule, relabelRule } from './rule.ts';

interface Case {
  readonly name: string;
  readonly from: Record<string, string>;
  readonly rules: RelabelRule[];
  readonly to: Record<string, string> | null;
}

function readCases(text: string): Case[] {
  return text
    .split(/^case /m)
    .slice(1)
    .map((block) => {
      const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      const last = lines.at(-1) as string;
      return {
        name: lines[0] as string,
        from: parse((lines[1] as string).replace(/^from /, '')) as Record<string, string>,
        rules: lines.slice(2, -1).map((line) => relabelRule.parse(parse(line.replace(/^- /, '')))),
        to: last === 'dropped' ? null : (parse(last.replace(/^to /, '')) as Record<string, string>),
      };
    });
}

const cases = readCases(readFileSync(new URL('../testdata/relabel/cases.txt', import.meta.url), 'utf8'));

describe('relabelling', () => {
  it.each(cases)('$name', ({ from, rules, to }) => {
    const labels = new Map(Object.entries(from));
    const kept = compileRelabelling(rules)?.(labels);
    expect(kept === true ? Object.fromEntries(labels) : null).toEqual(to);
  });

  it('hashes as Prometheus does: the second half of the MD5 as an unsigned number', () => {
    const digest = createHash('md5').update('node-1:9100').digest('hex');
    const labels = new Map([['a', 'node-1:9100']]);
    compileRelabelling([
      relabelRule.parse({ action: 'hashmod', source_labels: ['a'], target_label: 'b', modulus: 2 ** 53 - 1 }),
    ])?.(labels);
    expect(labels.get('b')).toBe(String(BigInt(`0x${digest.slice(16)}`) % BigInt(2 ** 53 - 1)));
  });
});

describe('a rule that is none is refused with a reason', () => {
  it.each([
    [{ action: 'repalce' }, /replace/],
    [{ source_labels: ['a'], regex: '(' }, /not a regular expression of RE2/],
    [{ source_labels: ['a'], regex: '(?!x)' }, /not a regular expression of RE2/],
    [{ source_labels: ['a'] }, /replace needs a target_label/],
    [{ target_label: 'a-b' }, /not a label name/],
    [{ action: 'hashmod', target_label: 'a' }, /needs a modulus/],
    [{ action: 'hashmod', target_label: '$1', modulus: 2 }, /not a label name/],
    [{ action: 'lowercase', source_labels: ['a'] }, /needs a target_label/],
    [{ action: 'labelmap', regex: '(.*)', replacement: 'a b' }, /not a label name/],
    [{ action: 'labeldrop', regex: 'a', source_labels: ['a'] }, /takes only regex/],
    [{ action: 'keepequal', source_labels: ['a'], target_label: 'b', regex: 'x' }, /takes only source_labels/],
    [{ target_label: 'a', sourceLabels: ['b'] }, /sourceLabels/],
  ])('%j', (rule, message) => {
    expect(JSON.stringify(relabelRule.safeParse(rule).error?.issues)).toMatch(message);
  });
});
