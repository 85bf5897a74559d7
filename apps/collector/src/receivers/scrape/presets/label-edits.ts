/** Edits of flat label pairs, `__name__` first. */
export function labelAt(pairs: readonly string[], name: string): number {
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i] === name) return i;
  return -1;
}

/** Renames a label, unless the series has the new name already. */
export function renameLabel(pairs: string[], from: string, to: string): void {
  const at = labelAt(pairs, from);
  if (at >= 0 && labelAt(pairs, to) < 0) pairs[at] = to;
}
