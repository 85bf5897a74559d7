/** Keeps the room of an answer that there is not. */
export function Nothing({ text }: { text: string }) {
  return (
    <section
      aria-label="No answer"
      className="grid min-h-64 place-items-center rounded-lg border border-line bg-surface p-4 text-[13px] text-ink-soft shadow-panel"
    >
      {text}
    </section>
  );
}
