import type { DiffPart } from '#format/word-diff.ts';

/** A comparison as text: what went is struck through, what came is underlined; colour comes on top of both. */
export function DiffText({ parts }: { parts: readonly DiffPart[] }) {
  return (
    <>
      {parts.map((part, i) => {
        // biome-ignore lint/suspicious/noArrayIndexKey: parts have no other identity than their place
        if (part.kind === 'same') return <span key={i}>{part.text}</span>;
        return part.kind === 'removed' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <del key={i} className="rounded-sm bg-bad-wash text-bad decoration-1">
            {part.text}
          </del>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: as above
          <ins key={i} className="rounded-sm bg-ok-wash text-ok decoration-1 underline-offset-2">
            {part.text}
          </ins>
        );
      })}
    </>
  );
}
