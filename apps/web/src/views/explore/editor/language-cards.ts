import type { Feature } from '@binnacle/promql/language/features.ts';
import { type FunctionSignature, functionTable } from '@binnacle/promql/language/functions.ts';
import {
  type AggregationSignature,
  aggregationTable,
  modifierTable,
  operatorTable,
} from '@binnacle/promql/language/operators.ts';
import type { Card } from './card.ts';

/** Names that the gateway says it has off; empty where it says nothing. */
export type NamesOff = ReadonlySet<string>;

/** What a writer must know of a name that belongs to a feature. `off` is said only where the gateway says so. */
function remark(name: string, feature: Feature | undefined, off: NamesOff): string | undefined {
  if (feature === undefined) return undefined;
  return off.has(name)
    ? `Experimental, and off: the gateway needs the feature ${feature}.`
    : 'Experimental: it may still change.';
}

const ofTable = ({ experimental }: { readonly experimental: boolean }): Feature | undefined =>
  experimental ? 'promql-experimental-functions' : undefined;

export function functionHead({ name, args, optional, repeats, returns }: FunctionSignature): string {
  const written = args.map((arg, index) => {
    const may = index >= args.length - optional;
    const text = `${arg.name}${may ? '?' : ''}: ${arg.kind}`;
    return repeats && index === args.length - 1 ? `${text}, …` : text;
  });
  return `${name}(${written.join(', ')}): ${returns}`;
}

export function aggregationHead({ name, parameter }: AggregationSignature): string {
  return `${name} by (label, …) (${parameter === undefined ? '' : `${parameter}, `}instant vector)`;
}

/** What our tables of functions, aggregations, operators and modifiers say of a name. */
export function languageCard(name: string, off: NamesOff): Card | undefined {
  const signature = functionTable.get(name);
  if (signature !== undefined) {
    const { doc, example } = signature;
    return { head: functionHead(signature), text: doc, example, remark: remark(name, ofTable(signature), off) };
  }
  const word = name.toLowerCase();
  const aggregation = aggregationTable.get(word);
  if (aggregation !== undefined) {
    const { doc, example } = aggregation;
    return { head: aggregationHead(aggregation), text: doc, example, remark: remark(word, ofTable(aggregation), off) };
  }
  const described = modifierTable.get(word) ?? operatorTable.get(word);
  if (described === undefined) return undefined;
  const feature = modifierTable.get(word)?.feature;
  return { head: word, text: described.doc, example: described.example, remark: remark(word, feature, off) };
}

/** Whether a name of our tables belongs to a feature. */
export const isExperimental = (name: string): boolean =>
  (functionTable.get(name) ?? aggregationTable.get(name))?.experimental === true ||
  modifierTable.get(name)?.feature !== undefined;
