import { functionTable } from '@binnacle/promql/language/functions.ts';
import { aggregationTable } from '@binnacle/promql/language/operators.ts';
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { type CompleteStrategy, newCompleteStrategy } from '@prometheus-io/codemirror-promql';
import type { EditorView } from '@uiw/react-codemirror';
import { cardElement } from './card-element.ts';
import type { Catalogue } from './catalogue.ts';
import { type KnownFeatures, languageCard } from './language-cards.ts';

/** Names as a call: the brackets come with it, and the caret stands between them. */
function applyCall(view: EditorView, completion: Completion, from: number, to: number): void {
  const follows = view.state.sliceDoc(to, to + 1) === '(';
  const insert = follows ? completion.label : `${completion.label}()`;
  view.dispatch({
    changes: { from, to, insert },
    selection: { anchor: from + completion.label.length + 1 },
    userEvent: 'input.complete',
  });
}

/** A row of our tables as a completion. */
function ours(name: string, kind: 'function' | 'aggregation', features: KnownFeatures): Completion {
  const experimental = (functionTable.get(name) ?? aggregationTable.get(name))?.experimental === true;
  const off = experimental && features !== undefined && !features.has('promql-experimental-functions');
  const card = languageCard(name, features);
  return {
    label: name,
    type: kind === 'function' ? 'function' : 'keyword',
    detail: off ? `${kind}, off` : experimental ? `${kind}, experimental` : kind,
    apply: applyCall,
    ...(off ? { boost: -50 } : {}),
    ...(card === undefined ? {} : { info: () => cardElement(card) }),
  };
}

/**
 * What the language library offers at a place, with its functions and aggregations replaced by those that this engine
 * has: the library knows another version of the language.
 */
export function withOurTables(options: readonly Completion[], features: KnownFeatures): Completion[] {
  const offersFunctions = options.some((one) => one.type === 'function' && one.detail === 'function');
  const offersAggregations = options.some((one) => one.detail === 'aggregation');
  const rest = options.filter((one) => {
    if (one.detail === 'function' || one.detail === 'aggregation') return false;
    // A recipe is only as good as the functions in it.
    if (one.detail === 'snippet') return isOurs(one.label.slice(0, one.label.indexOf('(')));
    return true;
  });
  return [
    ...(offersFunctions ? [...functionTable.keys()].map((name) => ours(name, 'function', features)) : []),
    ...(offersAggregations ? [...aggregationTable.keys()].map((name) => ours(name, 'aggregation', features)) : []),
    ...rest,
  ];
}

const isOurs = (name: string) => functionTable.has(name) || aggregationTable.has(name);

/** Metrics, labels and values of the gateway; functions and aggregations of our tables. */
export function promqlCompletion(catalogue: Catalogue): CompleteStrategy {
  const library = newCompleteStrategy({ remote: catalogue });
  return {
    async promQL(context: CompletionContext): Promise<CompletionResult | null> {
      const [result, features] = await Promise.all([library.promQL(context), catalogue.features()]);
      return result === null ? null : { ...result, options: withOurTables(result.options, features) };
    },
  };
}
