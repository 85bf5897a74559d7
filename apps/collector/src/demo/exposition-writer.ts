/** Writes the Prometheus text format 0.0.4 as exporters do. Label values are escaped; the order is the caller's. */
export class ExpositionWriter {
  #text = '';

  /** Begins a family. */
  family(name: string, type: 'counter' | 'gauge' | 'histogram', help: string): this {
    this.#text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    return this;
  }

  /** `labels` as rendered by `renderLabels`, without braces. */
  sample(name: string, labels: string, value: number | string): this {
    this.#text += labels === '' ? `${name} ${value}\n` : `${name}{${labels}} ${value}\n`;
    return this;
  }

  toString(): string {
    return this.#text;
  }
}

/** `a="1",b="2"` */
export function renderLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')}"`)
    .join(',');
}
