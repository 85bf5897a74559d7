import type { SyntaxNode } from '@lezer/common';
import type { BinaryOp, VectorMatching } from './ast.ts';
import { groupingLabels } from './label-nodes.ts';
import { numberValue } from './literals.ts';
import type { Item } from './precedence.ts';
import { childNodes, type Source, slice, spanOf } from './source.ts';

const binaryOps: Readonly<Record<string, BinaryOp>> = {
  Pow: '^',
  Mul: '*',
  Div: '/',
  Mod: '%',
  Atan2: 'atan2',
  Add: '+',
  Sub: '-',
  Eql: '==',
  Neq: '!=',
  Gte: '>=',
  Gtr: '>',
  Lte: '<=',
  Lss: '<',
  TrimUpper: '</',
  TrimLower: '>/',
  And: 'and',
  Unless: 'unless',
  Or: 'or',
};

/** A binary operator with its modifiers: the nodes between its operands. */
export function operatorOf(source: Source, nodes: readonly SyntaxNode[]): Item {
  const [operator, ...modifiers] = nodes;
  const op = operator === undefined ? undefined : binaryOps[operator.name];
  if (operator === undefined || op === undefined)
    throw new Error('the grammar knows an operator that the parser does not');
  let returnBool = false;
  let on: boolean | undefined;
  let labels: string[] = [];
  let group: VectorMatching['group'];
  let include: string[] = [];
  let fillLeft: number | undefined;
  let fillRight: number | undefined;
  for (const modifier of modifiers) {
    if (modifier.name === 'BoolModifier') returnBool = true;
    else if (modifier.name === 'MatchingModifierClause') {
      for (const part of childNodes(modifier)) {
        if (part.name === 'On') on = true;
        else if (part.name === 'Ignoring') on = false;
        else if (part.name === 'GroupLeft') group = 'left';
        else if (part.name === 'GroupRight') group = 'right';
        else if (group === undefined) labels = groupingLabels(source, part);
        else include = groupingLabels(source, part);
      }
    } else if (modifier.name === 'FillModifier') {
      for (const clause of childNodes(modifier)) {
        const literal = clause.lastChild;
        const text = literal === null ? '' : slice(source, literal);
        const value = text.startsWith('-') ? -(numberValue(text.slice(1)) ?? 0) : numberValue(text);
        if (clause.name !== 'FillRightClause') fillLeft = value;
        if (clause.name !== 'FillLeftClause') fillRight = value;
      }
    }
  }
  const plain = on === undefined && fillLeft === undefined && fillRight === undefined;
  return {
    kind: 'operator',
    op,
    span: spanOf(operator),
    returnBool,
    matching: plain ? undefined : { on: on ?? false, labels, group, include, fillLeft, fillRight },
  };
}
