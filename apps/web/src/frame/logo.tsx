/** A compass rose on its stand. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 24 24" fill="none" aria-hidden className={className}>
      <circle cx="12" cy="10" r="8.25" stroke="currentColor" strokeWidth="1.5" />
      <path d="M12 4.2 13.9 10 12 15.8 10.1 10Z" fill="currentColor" />
      <path d="M6.2 10 12 8.6 17.8 10 12 11.4Z" fill="currentColor" opacity="0.45" />
      <path
        d="M8.5 18v3.25h7V18"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
