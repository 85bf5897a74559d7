/** What went wrong with a write, beside the thing it was about. */
export function Fault({ text }: { text: string | null }) {
  return text === null ? null : (
    <p role="alert" className="rounded-md bg-bad-wash px-2.5 py-1.5 text-xs text-bad [overflow-wrap:anywhere]">
      {text}
    </p>
  );
}
