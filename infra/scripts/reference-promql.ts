import { featureTable } from '@binnacle/promql/language/features.ts';
import {
  type FunctionSignature,
  functionTable,
  nativeHistogramFunctions,
} from '@binnacle/promql/language/functions.ts';
import { aggregationTable, modifierTable, operatorTable } from '@binnacle/promql/language/operators.ts';
import { cell, code, codeCell, page, table } from './reference-markdown.ts';

const experimental = 'promql-experimental-functions';

const feature = (name: string | undefined) => (name === undefined ? '' : code(name));

/** `name(a kind, [b kind], …) kind` with the kinds that the documentation of Prometheus names. */
function signature({ name, args, optional, repeats, returns }: FunctionSignature): string {
  const shown = args.map((argument, index) => {
    const text = `${argument.name} ${argument.kind}`;
    return index >= args.length - optional ? `[${text}${repeats ? ', …' : ''}]` : text;
  });
  return `${name}(${shown.join(', ')}) ${returns}`;
}

/** The language as the engine has it: every table that the checker and the editor read. */
export function promqlPage(): string {
  return page(
    'PromQL',
    'The language of Prometheus 3.14 for float samples. What a query may hold, its semantics and its messages are Prometheus\'; its [documentation](https://prometheus.io/docs/prometheus/latest/querying/basics/) explains them. Metric names are kept until a query is answered, so that `on (__name__)` still sees them. Names may be any UTF-8 text in quotes: `{"my.metric", "my.label"="x"}`.',
    '## Features',
    "Prometheus may still change these parts. Each is off until it is named in `gateway.promqlFeatures` of the [config file](configuration.md#gateway); the names are those of Prometheus' `--enable-feature`.",
    table(
      ['feature', 'what', 'example'],
      [...featureTable.values()].map(({ name, doc, example }) => [code(name), cell(doc), codeCell(example)]),
    ),
    '## Durations',
    'A duration is `1d12h`, `5m`, `250ms`, or a number of seconds. Where one stands in brackets or after `offset`, arithmetic may stand too: `+ - * / % ^`, brackets, `step()` and `range()` of the query (0 for an instant query), `min_of(a, b)` and `max_of(a, b)`: `rate(x_total[max_of(5m, 4 * step())])`. After `offset` it wants brackets: `x offset (2 * 5m)`. The duration ends with them: `x offset (5m) * 2` is the double of `x offset 5m`, where Prometheus 3.14 reads `x offset ((5m) * 2)`.',
    '## Functions',
    table(
      ['function', 'what', 'example', 'feature'],
      [...functionTable.values()].map((row) => [
        codeCell(signature(row)),
        cell(row.doc),
        codeCell(row.example),
        feature(row.experimental ? experimental : undefined),
      ]),
    ),
    '## Aggregations',
    table(
      ['aggregation', 'parameter', 'what', 'example', 'feature'],
      [...aggregationTable.values()].map(({ name, parameter, doc, example, ...row }) => [
        code(name),
        parameter ?? '',
        cell(doc),
        codeCell(example),
        feature(row.experimental ? experimental : undefined),
      ]),
    ),
    '## Operators',
    'Operators of a higher level bind closer. A sign before an expression binds like a product.',
    table(
      ['operator', 'kind', 'level', 'what', 'example'],
      [...operatorTable.values()].map(({ name, kind, level, doc, example }) => [
        code(name),
        kind,
        String(level),
        cell(doc),
        codeCell(example),
      ]),
    ),
    '## Modifiers',
    table(
      ['modifier', 'what', 'example', 'feature'],
      [...modifierTable.values()].map(({ name, doc, example, ...row }) => [
        code(name),
        cell(doc),
        codeCell(example),
        feature(row.feature),
      ]),
    ),
    '## What is not there',
    `Native histograms: where they arrive they are stored as classic buckets, so \`histogram_quantile\` and \`histogram_fraction\` work on \`…_bucket\` series. ${[...nativeHistogramFunctions].map(code).join(', ')} are refused by name.`,
  );
}
