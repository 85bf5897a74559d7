import { createHash } from 'node:crypto';
import { AnchoredRegex, Template } from './anchored-regex.ts';
import type { RelabelRule } from './rule.ts';

/** Labels under change; a label with an empty value is one that is not there. */
export type EditedLabels = Map<string, string>;

/** Changes the labels in place; false drops what carries them. */
export type Relabelling = (labels: EditedLabels) => boolean;

/** Compiles rules, in their order. They must have passed `relabelRule`. */
export function compileRelabelling(rules: readonly RelabelRule[]): Relabelling | undefined {
  if (rules.length === 0) return undefined;
  const steps = rules.map(compileRule);
  return (labels) => steps.every((step) => step(labels));
}

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

function compileRule(rule: RelabelRule): Relabelling {
  const { source_labels: sources, separator, target_label: target, action } = rule;
  const regex = new AnchoredRegex(rule.regex);
  const joined = (labels: EditedLabels) => sources.map((name) => labels.get(name) ?? '').join(separator);
  switch (action) {
    case 'keep':
      return (labels) => regex.matches(joined(labels));
    case 'drop':
      return (labels) => !regex.matches(joined(labels));
    case 'keepequal':
      return (labels) => (labels.get(target) ?? '') === joined(labels);
    case 'dropequal':
      return (labels) => (labels.get(target) ?? '') !== joined(labels);
    case 'lowercase':
      return (labels) => set(labels, target, joined(labels).toLowerCase());
    case 'uppercase':
      return (labels) => set(labels, target, joined(labels).toUpperCase());
    case 'hashmod': {
      const modulus = BigInt(rule.modulus as number);
      return (labels) => set(labels, target, hashModulo(joined(labels), modulus));
    }
    case 'labelmap': {
      const templates = [new Template(rule.replacement)];
      return (labels) => {
        for (const [name, value] of [...labels]) {
          const [mapped] = regex.expand(name, templates) ?? [];
          if (mapped !== undefined) set(labels, mapped, value);
        }
        return true;
      };
    }
    case 'labeldrop':
      return (labels) => deleteWhere(labels, (name) => regex.matches(name));
    case 'labelkeep':
      return (labels) => deleteWhere(labels, (name) => !regex.matches(name));
    case 'replace': {
      const templates = [new Template(target), new Template(rule.replacement)];
      return (labels) => {
        const filled = regex.expand(joined(labels), templates);
        if (filled === undefined) return true;
        const [name, value] = filled as [string, string];
        return labelName.test(name) ? set(labels, name, value) : true;
      };
    }
  }
}

function set(labels: EditedLabels, name: string, value: string): true {
  if (value === '') labels.delete(name);
  else labels.set(name, value);
  return true;
}

function deleteWhere(labels: EditedLabels, wanted: (name: string) => boolean): true {
  for (const name of [...labels.keys()]) if (wanted(name)) labels.delete(name);
  return true;
}

/** The last eight bytes of the MD5, big-endian, modulo the modulus: so that shards agree with Prometheus'. */
function hashModulo(text: string, modulus: bigint): string {
  const digest = createHash('md5').update(text).digest();
  return String(digest.readBigUInt64BE(8) % modulus);
}
