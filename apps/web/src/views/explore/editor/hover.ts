import { syntaxTree } from '@codemirror/language';
import { hoverTooltip } from '@codemirror/view';
import type { Card } from './card.ts';
import { cardElement } from './card-element.ts';
import type { Catalogue } from './catalogue.ts';
import { languageCard } from './language-cards.ts';
import { metadataOf, metricCard } from './metric-card.ts';

/** What a name under the pointer is: a function or aggregation of our tables, or a metric as its senders tell it. */
export const promqlHover = (catalogue: Catalogue) =>
  hoverTooltip(async (view, pos, side) => {
    const node = syntaxTree(view.state).resolveInner(pos, side);
    const name = view.state.sliceDoc(node.from, node.to);
    if (!/^[a-zA-Z_:][\w:]*$/.test(name)) return null;
    let card: Card | undefined;
    if (node.name === 'Identifier' && node.parent?.name === 'VectorSelector') {
      card = metricCard(name, metadataOf(name, await catalogue.metricMetadata()));
    } else card = languageCard(name, await catalogue.off());
    if (card === undefined) return null;
    const shown = card;
    return { pos: node.from, end: node.to, above: true, create: () => ({ dom: cardElement(shown) }) };
  });
