import { type Document, isMap, isNode, isPair, isScalar, isSeq, type LineCounter } from 'yaml';
import type { z } from 'zod';
import { didYouMean } from './did-you-mean.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** Everything needed to say where a fault stands: the file's name, its parsed document and its lines. */
export interface Place {
  readonly file: string;
  readonly document: Document;
  readonly lines: LineCounter;
  /** Text values that environment variables were put into: messages never show them. */
  readonly expanded: ReadonlySet<unknown>;
}

/** One sentence per fault: `file:line:column: path: what is wrong, and what is allowed`. */
export function explainIssues(issues: readonly Issue[], schema: z.core.$ZodType, place: Place): string[] {
  return issues.flatMap((issue) => explain(issue, [], schema, place));
}

/** `file:line:column` of a path; for a missing key the place of the nearest parent, for `key` the key itself. */
export function placeOf(path: Path, place: Place, key?: string): string {
  const offset = offsetOf(path, place.document, key);
  const { line, col } = place.lines.linePos(offset);
  return `${place.file}:${line}:${col}`;
}

export function pathText(path: Path): string {
  let text = '';
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${String(step)}`;
  return text;
}

function explain(issue: Issue, base: Path, schema: z.core.$ZodType, place: Place): string[] {
  const path = [...base, ...issue.path];
  const line = (what: string, at: Path = path, key?: string) =>
    `${placeOf(at, place, key)}: ${at.length === 0 ? '' : `${pathText(at)}: `}${what}`;
  switch (issue.code) {
    case 'unrecognized_keys': {
      // A schema that knows better than "unknown" says so itself.
      if (!issue.message.startsWith('Unrecognized key'))
        return [line(issue.message, [...path, issue.keys[0] as string], issue.keys[0])];
      const allowed = allowedKeys(schemaAt(schema, path), valueAt(path, place));
      return issue.keys.map((key) => {
        const guess = didYouMean(key, allowed);
        const hint = guess === undefined ? '' : `did you mean "${guess}"? `;
        return line(`unknown key; ${hint}Allowed: ${allowed.join(', ')}`, [...path, key], key);
      });
    }
    case 'invalid_type': {
      const value = valueAt(path, place);
      if (value === undefined) return [line(`required: ${article(issue.expected)}`)];
      return [line(`expected ${article(issue.expected)}, got ${describeAt(path, place)}`)];
    }
    case 'invalid_value': {
      const allowed = issue.values.map(String);
      const value = valueAt(path, place);
      if (value === undefined) return [line(`required: one of ${allowed.join(', ')}`)];
      const guess = typeof value === 'string' ? didYouMean(value, allowed) : undefined;
      const hint = guess === undefined ? '' : `; did you mean "${guess}"?`;
      return [
        line(
          `${allowed.length === 1 ? 'must be' : 'must be one of'} ${allowed.join(', ')}, got ${describeAt(path, place)}${hint}`,
        ),
      ];
    }
    case 'too_small':
      return [
        line(
          `must be ${issue.inclusive === false ? 'more than' : 'at least'} ${bound(issue.minimum, issue.origin)}, got ${describeAt(path, place)}`,
        ),
      ];
    case 'too_big':
      return [
        line(
          `must be ${issue.inclusive === false ? 'less than' : 'at most'} ${bound(issue.maximum, issue.origin)}, got ${describeAt(path, place)}`,
        ),
      ];
    case 'invalid_format':
      return [
        line(
          `${issue.format === 'regex' ? issue.message.replace(/^Invalid string: must match pattern/, 'must match') : `must be a valid ${issue.format}`}, got ${describeAt(path, place)}`,
        ),
      ];
    case 'invalid_key':
      return [line(`invalid key: ${issue.issues.map((inner) => inner.message).join('; ')}`)];
    case 'invalid_union': {
      if ('options' in issue && issue.discriminator !== undefined && issue.options !== undefined) {
        const at = [...path];
        if (at.at(-1) !== issue.discriminator) at.push(issue.discriminator);
        return [line(`must be one of ${issue.options.map(String).join(', ')}, got ${describeAt(at, place)}`, at)];
      }
      // The branch that got furthest is the one that was meant.
      const depth = (issues: readonly Issue[]) =>
        Math.max(...issues.map((inner) => inner.path.length + (inner.code === 'invalid_type' ? 0 : 0.5)));
      const branches = [...issue.errors].filter((errors) => errors.length > 0).sort((a, b) => depth(b) - depth(a));
      const best = branches[0];
      if (best === undefined) return [line(issue.message)];
      if (depth(best) === 0) {
        const expected = branches.flatMap((errors) =>
          errors.map((inner) => (inner.code === 'invalid_type' ? article(inner.expected) : inner.message)),
        );
        return [line(`expected ${[...new Set(expected)].join(' or ')}, got ${describeAt(path, place)}`)];
      }
      return best.flatMap((inner) => explain(inner, path, schema, place));
    }
    default:
      return [line(issue.message)];
  }
}

function article(expected: string): string {
  const words: Record<string, string> = {
    int: 'a whole number',
    record: 'a map of keys',
    object: 'a map of keys',
    array: 'a list',
    boolean: 'true or false',
  };
  return words[expected] ?? (/^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`);
}

function bound(value: number | bigint, origin: string): string {
  if (origin === 'string') return `${value} characters`;
  return origin === 'array' || origin === 'set' ? `${value} entries` : String(value);
}

const secretKey = /(key|secret|password|token|authorization|databaseUrl|clickhouseUrl)$/i;

/** The value in words; of a secret, or of what came from the environment, never the text itself. */
function describeAt(path: Path, place: Place): string {
  const node = place.document.getIn(path as unknown[], true);
  const fromEnvironment = isScalar(node) && place.expanded.has(node);
  if (fromEnvironment || secretKey.test(String(path.at(-1)))) return 'another value (not shown)';
  return describe(valueAt(path, place));
}

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') return 'a map of keys';
  const text = JSON.stringify(value);
  const short = text.length > 80 ? `${text.slice(0, 77)}…"` : text;
  return typeof value === 'string' ? `the text ${short}` : short;
}

function valueAt(path: Path, place: Place): unknown {
  const node = place.document.getIn(path as unknown[], true);
  if (isScalar(node)) return node.value;
  return isNode(node) ? node.toJS(place.document) : node;
}

function offsetOf(path: Path, document: Document, key: string | undefined): number {
  const parentPath = key === undefined ? path : path.slice(0, -1);
  for (let length = parentPath.length; length >= 0; length--) {
    const node = document.getIn(parentPath.slice(0, length) as unknown[], true);
    if (!isNode(node)) continue;
    if (key !== undefined && isMap(node)) {
      const pair = node.items.find((item) => isPair(item) && isScalar(item.key) && item.key.value === key);
      if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
    }
    // A map or list begins on the line after its key: the key itself is what a person looks for.
    if (length > 0 && (isMap(node) || isSeq(node))) {
      const parent = document.getIn(parentPath.slice(0, length - 1) as unknown[], true);
      const name = parentPath[length - 1];
      if (isMap(parent)) {
        const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === name);
        if (pair !== undefined && isScalar(pair.key)) return pair.key.range?.[0] ?? 0;
      }
    }
    return node.range?.[0] ?? 0;
  }
  return 0;
}

type Def = z.core.$ZodTypeDef & {
  innerType?: z.core.$ZodType;
  in?: z.core.$ZodType;
  getter?: () => z.core.$ZodType;
  shape?: Record<string, z.core.$ZodType>;
  element?: z.core.$ZodType;
  valueType?: z.core.$ZodType;
  items?: z.core.$ZodType[];
  options?: z.core.$ZodType[];
  left?: z.core.$ZodType;
  right?: z.core.$ZodType;
};

/** Every object, array or record that may stand where the schema does: wrappers and unions are opened. */
function opened(schema: z.core.$ZodType): Def[] {
  const def = schema._zod.def as Def;
  if (def.type === 'union') return (def.options ?? []).flatMap(opened);
  if (def.type === 'intersection')
    return [def.left, def.right].flatMap((side) => (side === undefined ? [] : opened(side)));
  if (def.type === 'lazy') return def.getter === undefined ? [] : opened(def.getter());
  const inner = def.innerType ?? def.in;
  return inner === undefined ? [def] : opened(inner);
}

function schemaAt(schema: z.core.$ZodType, path: Path): Def[] {
  let here = opened(schema);
  for (const step of path) {
    here = here.flatMap((def) => {
      const next =
        def.shape?.[String(step)] ??
        def.element ??
        def.valueType ??
        (typeof step === 'number' ? def.items?.[step] : undefined);
      return next === undefined ? [] : opened(next);
    });
  }
  return here;
}

/** Keys of the objects; of a discriminated union only those whose constants agree with the value. */
function allowedKeys(defs: readonly Def[], value: unknown): string[] {
  const objects = defs.filter((def) => def.shape !== undefined);
  const agreeing = objects.filter((def) =>
    Object.entries(def.shape ?? {}).every(([key, field]) => {
      const literal = field._zod.def as { type: string; values?: readonly unknown[] };
      return (
        literal.type !== 'literal' ||
        literal.values?.includes((value as Record<string, unknown> | null)?.[key]) === true
      );
    }),
  );
  return [...new Set((agreeing.length > 0 ? agreeing : objects).flatMap((def) => Object.keys(def.shape ?? {})))];
}
