import type { GridRequest } from '@binnacle/shared/telemetry/grid.ts';
import type { AnswerRow, FloatList } from './decode.ts';
import { declined, type Finished, keepsDigits, steadySpread, wholeNumbers } from './exactness.ts';

/** What a compensated sum of ClickHouse may lose, times this share, is less than the ninth digit. */
const leastShare = 1e-6;

/** The steps of one group or series from its row of an answer. */
export function finishGrid(request: GridRequest, row: AnswerRow): Finished {
  const { aggregation } = request;
  const [main, second, third] = row.lists as [FloatList, FloatList, FloatList];
  const present = main.nulls.map((isNull) => 1 - isNull);
  let { values } = main;
  switch (aggregation) {
    case 'count':
    case 'group':
      // Of nothing the count is 0, and no NULL.
      for (let i = 0; i < present.length; i++) present[i] = (values[i] as number) > 0 ? 1 : 0;
      if (aggregation === 'group') values = Float64Array.from(present);
      return { values, present };
    case 'sum':
    case 'avg': {
      const exact = request.function === 'last' && wholeNumbers(row);
      if (!exact && !keepsDigits(zeroed(main), zeroed(second), leastShare)) {
        return declined('values of both signs nearly cancel out');
      }
      if (aggregation === 'avg') values = values.map((sum, i) => sum / (third.values[i] as number));
      break;
    }
    case 'stddev':
    case 'stdvar':
      if (!steadySpread(values, second.values, present)) return declined('the spread is small beside the values');
      if (aggregation === 'stddev') values = values.map(Math.sqrt);
      break;
  }
  if (request.function === 'present_over_time' && aggregation === undefined) values = Float64Array.from(present);
  for (let i = 0; i < present.length; i++) {
    if (present[i] === 1 && !Number.isFinite(values[i])) return declined('a result is not finite');
  }
  return { values, present };
}

function zeroed({ values, nulls }: FloatList): Float64Array {
  return values.map((value, i) => (nulls[i] === 1 ? 0 : value));
}
