import type { Feature } from '@binnacle/promql/language/features.ts';
import { type FunctionSignature, functionTable } from '@binnacle/promql/language/functions.ts';
import { type AggregationSignature, aggregationTable } from '@binnacle/promql/language/operators.ts';
import type { Card } from './card.ts';

/** Features that the gateway has on; undefined where it does not say. */
export type KnownFeatures = ReadonlySet<string> | undefined;

const experiments: Feature = 'promql-experimental-functions';

/** Whether a marked name can be used on this gateway: `off` only where the gateway says so. */
export function experimentalRemark(experimental: boolean, features: KnownFeatures): string | undefined {
  if (!experimental) return undefined;
  if (features !== undefined && !features.has(experiments))
    return `Experimental, and off: the gateway needs the feature ${experiments}.`;
  return 'Experimental: it may still change.';
}

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

/** What our table of functions, or of aggregations, says of a name. */
export function languageCard(name: string, features: KnownFeatures): Card | undefined {
  const signature = functionTable.get(name);
  if (signature !== undefined) {
    const { doc, example, experimental } = signature;
    return { head: functionHead(signature), text: doc, example, remark: experimentalRemark(experimental, features) };
  }
  const aggregation = aggregationTable.get(name.toLowerCase());
  if (aggregation === undefined) return undefined;
  const { doc, example, experimental } = aggregation;
  return { head: aggregationHead(aggregation), text: doc, example, remark: experimentalRemark(experimental, features) };
}
