import { RE2JS } from 're2js';

/**
 * A regular expression of a relabelling rule: RE2, matched against the whole text, `.` matches a newline too (as
 * Prometheus 3 compiles them). Throws an Error with RE2's sentence where it is none.
 */
export class AnchoredRegex {
  readonly source: string;
  readonly #compiled: RE2JS;
  readonly #names: Readonly<Record<string, number>>;
  readonly #groups: number;

  constructor(source: string) {
    this.source = source;
    this.#compiled = RE2JS.compile(source, RE2JS.DOTALL);
    this.#names = this.#compiled.namedGroups();
    this.#groups = this.#compiled.groupCount();
  }

  matches(text: string): boolean {
    return this.#compiled.testExact(text);
  }

  /** Fills templates with the groups of the match, or undefined where the whole text does not match. */
  expand(text: string, templates: readonly Template[]): string[] | undefined {
    const matcher = this.#compiled.matcher(text);
    if (!matcher.matches()) return undefined;
    const group = (name: string): string => {
      const index = /^(?:0|[1-9]\d*)$/.test(name) ? Number(name) : this.#names[name];
      return index === undefined || index > this.#groups ? '' : (matcher.group(index) ?? '');
    };
    return templates.map((template) => template.fill(group));
  }
}

const reference = /\$(?:(\$)|([A-Za-z0-9_]+)|\{([A-Za-z0-9_]+)\})/g;

/** Text with `$1`, `$name`, `${1}`, `${name}` for groups and `$$` for a dollar sign, as Go's `regexp.Expand` reads it. */
export class Template {
  readonly text: string;
  readonly hasReferences: boolean;

  constructor(text: string) {
    this.text = text;
    this.hasReferences = text.includes('$');
  }

  fill(group: (name: string) => string): string {
    if (!this.hasReferences) return this.text;
    return this.text.replace(reference, (_, dollar?: string, bare?: string, braced?: string) =>
      dollar === undefined ? group((bare ?? braced) as string) : '$',
    );
  }
}
