/** Which methods the paths of the server answer: what a request of another method is told. */
export class MethodTable {
  readonly #patterns = new Map<string, { readonly matches: RegExp; readonly methods: Set<string> }>();

  add(method: string | readonly string[], url: string): void {
    let entry = this.#patterns.get(url);
    if (entry === undefined) {
      entry = { matches: patternOf(url), methods: new Set() };
      this.#patterns.set(url, entry);
    }
    for (const name of typeof method === 'string' ? [method] : method) entry.methods.add(name);
  }

  /** Methods of every route that matches the path, in alphabetical order; none for an unknown path. */
  allowed(path: string): string[] {
    const methods = new Set<string>();
    for (const entry of this.#patterns.values()) {
      if (entry.matches.test(path)) for (const method of entry.methods) methods.add(method);
    }
    return [...methods].sort();
  }
}

function patternOf(url: string): RegExp {
  const source = url
    .split('/')
    .map((segment) =>
      segment.startsWith(':') ? '[^/]+' : segment === '*' ? '.*' : segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    )
    .join('/');
  return new RegExp(`^${source}$`);
}
