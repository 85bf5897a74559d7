import { checkQuery } from '@binnacle/promql/check/check.ts';
import type { Features } from '@binnacle/promql/language/features.ts';
import type { Expr } from '@binnacle/promql/parse/ast.ts';
import { parseQuery } from '@binnacle/promql/parse/parse.ts';
import { QuerySyntaxError } from '@binnacle/promql/parse/position.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Parameters } from './parameters.ts';

/** The parameter `query`, parsed and checked. */
export function readQuery(parameters: Parameters, features: Features): Expr {
  const query = parameters.required('query');
  try {
    const expr = parseQuery(query);
    checkQuery(query, expr, features);
    return expr;
  } catch (error) {
    return namingQuery(error);
  }
}

/** Throws the error again; of a fault in the query's text it says which parameter that is in. */
export function namingQuery(error: unknown): never {
  if (!(error instanceof QuerySyntaxError)) throw error;
  throw new BinnacleError('query_invalid', `invalid parameter "query": ${error.message}`, { cause: error });
}
