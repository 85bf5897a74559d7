/** The value of an option that is a number. Errors: a sentence that names the option. */
export function positiveNumber(text: string, option: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new Error(`${option} must be a positive number, got "${text}"`);
  return value;
}

/** The value of an option that lists known names, separated by commas; undefined where it was not given. */
export function knownNames<Name extends string>(
  text: string | undefined,
  known: readonly Name[],
  option: string,
): Name[] | undefined {
  return text?.split(',').map((word) => {
    const name = known.find((one) => one === word);
    if (name === undefined) throw new Error(`${option}: no "${word}"; there are ${known.join(', ')}`);
    return name;
  });
}
