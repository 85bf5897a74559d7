import { absentFunctions } from './absent.ts';
import { dateFunctions } from './date.ts';
import type { FunctionImplementation } from './function.ts';
import { histogramFunctions } from './histogram.ts';
import { infoFunctions } from './info.ts';
import { labelFunctions } from './label.ts';
import { mathFunctions } from './math.ts';
import { rangeFunctions } from './range.ts';
import { scalarFunctions } from './scalar.ts';
import { sortFunctions } from './sort.ts';

/** How each function of the language table is computed, by name. */
export const functionImplementations: ReadonlyMap<string, FunctionImplementation> = new Map(
  Object.entries({
    ...absentFunctions,
    ...dateFunctions,
    ...histogramFunctions,
    ...infoFunctions,
    ...labelFunctions,
    ...mathFunctions,
    ...rangeFunctions,
    ...scalarFunctions,
    ...sortFunctions,
  }),
);
