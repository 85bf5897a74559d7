import type { Card } from './card.ts';

/** A card as the editor's tooltips take it. */
export function cardElement(card: Card): HTMLElement {
  const box = document.createElement('div');
  box.className = 'cm-promql-card';
  const add = (tag: string, text: string, className = '') => {
    const element = document.createElement(tag);
    element.textContent = text;
    if (className !== '') element.className = className;
    box.append(element);
  };
  add('code', card.head);
  add('p', card.text);
  if (card.remark !== undefined) add('p', card.remark, 'cm-card-faint');
  if (card.example !== undefined) add('code', card.example, 'cm-card-faint');
  return box;
}
