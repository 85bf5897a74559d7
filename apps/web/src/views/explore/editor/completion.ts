import { functionTable } from '@binnacle/promql/language/functions.ts';
import { aggregationTable } from '@binnacle/promql/language/operators.ts';
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { type CompleteStrategy, newCompleteStrategy } from '@prometheus-io/codemirror-promql';
import type { EditorView } from '@uiw/react-codemirror';
import { cardElement } from './card-element.ts';
import type { Catalogue } from './catalogue.ts';
import { isExperimental, languageCard, type NamesOff } from './language-cards.ts';

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

/** What is said of a name beside its kind. */
function detailOf(name: string, kind: string, off: NamesOff): string {
  if (!isExperimental(name)) return kind;
  return `${kind}, ${off.has(name) ? 'off' : 'experimental'}`;
}

/** A function or aggregation of our tables as a completion. */
function call(name: string, kind: 'function' | 'aggregation', off: NamesOff): Completion {
  return {
    label: name,
    type: kind === 'function' ? 'function' : 'keyword',
    detail: detailOf(name, kind, off),
    apply: applyCall,
    ...withCard(name, off),
  };
}

/** The card beside the list; what is off comes last. */
function withCard(name: string, off: NamesOff): Pick<Completion, 'boost' | 'info'> {
  const card = languageCard(name, off);
  return {
    ...(isExperimental(name) && off.has(name) ? { boost: -50 } : {}),
    ...(card === undefined ? {} : { info: () => cardElement(card) }),
  };
}

/** Words that stand behind a selector, which the library does not know yet. */
const behindSelector = ['anchored', 'smoothed'] as const;

/**
 * What the language library offers at a place, with its functions and aggregations replaced by those that this engine
 * has, and its words explained by our tables: the library knows another version of the language.
 */
export function withOurTables(options: readonly Completion[], off: NamesOff): Completion[] {
  const offersFunctions = options.some((one) => one.type === 'function' && one.detail === 'function');
  const offersAggregations = options.some((one) => one.detail === 'aggregation');
  const offersOffset = options.some((one) => one.label === 'offset');
  const rest = options.flatMap((one): Completion[] => {
    if (one.detail === 'function' || one.detail === 'aggregation') return [];
    // A recipe is only as good as the functions in it.
    if (one.detail === 'snippet') return isOurs(one.label.slice(0, one.label.indexOf('('))) ? [one] : [];
    if (one.type === 'constant' || one.type === 'text') return [one];
    return [{ ...one, ...word(one.label, off) }];
  });
  const missing = offersOffset ? behindSelector.filter((name) => !options.some((one) => one.label === name)) : [];
  return [
    ...(offersFunctions ? [...functionTable.keys()].map((name) => call(name, 'function', off)) : []),
    ...(offersAggregations ? [...aggregationTable.keys()].map((name) => call(name, 'aggregation', off)) : []),
    ...rest,
    ...missing.map((name) => ({ label: name, ...word(name, off) })),
  ];
}

/** An operator or modifier, explained where our tables have it. */
const word = (name: string, off: NamesOff): Partial<Completion> => {
  const card = languageCard(name, off);
  if (card === undefined) return {};
  return { type: 'keyword', detail: detailOf(name, '', off).replace(/^, /, ''), ...withCard(name, off) };
};

const isOurs = (name: string) => functionTable.has(name) || aggregationTable.has(name);

/** Metrics, labels and values of the gateway; functions and aggregations of our tables. */
export function promqlCompletion(catalogue: Catalogue): CompleteStrategy {
  const library = newCompleteStrategy({ remote: catalogue });
  return {
    async promQL(context: CompletionContext): Promise<CompletionResult | null> {
      const [result, off] = await Promise.all([library.promQL(context), catalogue.off()]);
      return result === null ? null : { ...result, options: withOurTables(result.options, off) };
    },
  };
}
