/** One stretch of a comparison: in both texts, only in the text before, or only in the text after. */
export interface DiffPart {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** Above this many pairs of changed pieces the middle is shown as one replacement: the table would cost too much memory. */
const maxPairs = 4_000_000;

/** What differs between two texts, word by word; spaces belong to the comparison. Joined, the parts give both texts back. */
export const wordDiff = (before: string, after: string): DiffPart[] => diff(words(before), words(after));

/** What differs between two texts, line by line. */
export const lineDiff = (before: string, after: string): DiffPart[] => diff(lines(before), lines(after));

const words = (text: string) => text.match(/\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu) ?? [];
const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+/g) ?? [];

/** Longest common subsequence of the pieces between the common start and the common end. */
function diff(before: readonly string[], after: readonly string[]): DiffPart[] {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start++;
  let end = 0;
  while (
    end < before.length - start &&
    end < after.length - start &&
    before[before.length - 1 - end] === after[after.length - 1 - end]
  )
    end++;
  const parts: { kind: DiffPart['kind']; text: string }[] = [];
  const add = (kind: DiffPart['kind'], text: string) => {
    if (text === '') return;
    const last = parts.at(-1);
    if (last?.kind === kind) last.text += text;
    else parts.push({ kind, text });
  };
  add('same', before.slice(0, start).join(''));
  middle(before.slice(start, before.length - end), after.slice(start, after.length - end), add);
  add('same', before.slice(before.length - end).join(''));
  return parts;
}

function middle(
  before: readonly string[],
  after: readonly string[],
  add: (kind: DiffPart['kind'], text: string) => void,
): void {
  const width = after.length + 1;
  if (before.length * after.length > maxPairs) {
    add('removed', before.join(''));
    add('added', after.join(''));
    return;
  }
  // lengths[i * width + j]: longest common subsequence of before[i…] and after[j…].
  const lengths = new Uint32Array((before.length + 1) * width);
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      lengths[i * width + j] =
        before[i] === after[j]
          ? lengths[(i + 1) * width + j + 1]! + 1
          : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
    }
  }
  let i = 0;
  let j = 0;
  while (i < before.length && j < after.length) {
    if (before[i] === after[j]) {
      add('same', before[i]!);
      i++;
      j++;
    } else if (lengths[(i + 1) * width + j]! >= lengths[i * width + j + 1]!) add('removed', before[i++]!);
    else add('added', after[j++]!);
  }
  add('removed', before.slice(i).join(''));
  add('added', after.slice(j).join(''));
}
