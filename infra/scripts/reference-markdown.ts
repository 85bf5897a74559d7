const made = '<!-- Made by `npm run reference` from the code: change the code, not this page. -->';

export const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ').replaceAll('<', '&lt;').trim();

export const code = (text: string) => (text === '' ? '' : `\`${text}\``);

/** Code in a cell: as it is, but for the sign that ends a cell. */
export const codeCell = (text: string) => code(text.replaceAll('|', '\\|'));

/** A table whose columns line up, as the house's formatter wants it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) => Math.max(3, title.length, ...rows.map((cells) => (cells[at] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, at) => (cells[at] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

export const page = (title: string, ...parts: readonly string[]) => `${[`# ${title}`, made, ...parts].join('\n\n')}\n`;
