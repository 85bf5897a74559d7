import { z } from 'zod';

// The content security policy forbids eval, which zod would otherwise try for compiled parsers.
z.config({ jitless: true });

const entry = z.object({
  expr: z.string().min(1).max(20_000),
  /** When it last ran, ms since 1970. */
  ranAtMs: z.number(),
  runs: z.number(),
  starred: z.boolean(),
});

/** One expression that ran in this browser. */
export type HistoryEntry = z.infer<typeof entry>;

/** Starred entries are kept beyond it. */
export const mostEntries = 100;

/** Newest first. The same expression is one entry, however often it runs. */
export function withRun(entries: readonly HistoryEntry[], expr: string, ranAtMs: number): HistoryEntry[] {
  const text = expr.trim();
  if (text === '') return [...entries];
  const old = entries.find((one) => one.expr === text);
  const next = { expr: text, ranAtMs, runs: (old?.runs ?? 0) + 1, starred: old?.starred ?? false };
  return kept([next, ...entries.filter((one) => one !== old)]);
}

export const withStar = (entries: readonly HistoryEntry[], expr: string, starred: boolean): HistoryEntry[] =>
  kept(entries.map((one) => (one.expr === expr ? { ...one, starred } : one)));

/** Forgets what is not starred. */
export const cleared = (entries: readonly HistoryEntry[]): HistoryEntry[] => entries.filter((one) => one.starred);

/** The newest ones; a star keeps an entry that would fall out. */
function kept(entries: readonly HistoryEntry[]): HistoryEntry[] {
  let plain = 0;
  return entries.filter((one) => {
    if (one.starred) return true;
    plain += 1;
    return plain <= mostEntries;
  });
}

/** Entries in which every word occurs. */
export function found(entries: readonly HistoryEntry[], words: string, onlyStarred: boolean): HistoryEntry[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return entries.filter(
    (one) => (!onlyStarred || one.starred) && wanted.every((word) => one.expr.toLowerCase().includes(word)),
  );
}

/** What the browser had stored; an empty history where it is not ours or broken. */
export function parseHistory(text: string | null): HistoryEntry[] {
  if (text === null) return [];
  try {
    const parsed = z.array(entry).safeParse(JSON.parse(text));
    return parsed.success ? kept(parsed.data) : [];
  } catch {
    return [];
  }
}
