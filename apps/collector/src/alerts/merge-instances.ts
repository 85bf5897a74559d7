import type { Instance } from './instances.ts';

/**
 * Brings what Postgres holds and what memory holds together, when this process becomes the evaluator or is it again after
 * an outage. Memory wins where it has news; what only Postgres has is taken over; what Postgres no longer has open was
 * ended by another evaluator and is dropped. One identity never gets a second open row.
 */
export function mergeOpenInstances(
  rows: readonly Instance[],
  open: Map<string, Map<string, Instance>>,
  unsaved: Set<Instance>,
  vanished: ReadonlySet<string>,
): void {
  const endedHere = new Set([...unsaved].filter(({ state }) => state === 'resolved').map(({ id }) => id));
  const kept = new Map<string, Set<string>>();
  for (const row of rows) {
    const known = open.get(row.ruleId) ?? new Map<string, Instance>();
    open.set(row.ruleId, known);
    kept.set(row.ruleId, (kept.get(row.ruleId) ?? new Set()).add(row.fingerprint));
    const mine = known.get(row.fingerprint);
    if (mine === undefined) {
      if (!endedHere.has(row.id) && !vanished.has(row.id)) known.set(row.fingerprint, row);
    } else if (mine.id === row.id) {
      if (!unsaved.has(mine)) known.set(row.fingerprint, { ...row, seen: mine.seen });
      else takeOver(mine, row);
    } else if (endedHere.has(row.id) || vanished.has(row.id)) {
      // an occurrence that ended here, and a new one that began here: both are news
    } else {
      mine.id = row.id;
      mine.saved = true;
      takeOver(mine, row);
      mine.version++;
      unsaved.add(mine);
    }
  }
  for (const [ruleId, known] of open) {
    for (const [fingerprint, mine] of known) {
      if (mine.saved && !unsaved.has(mine) && !kept.get(ruleId)?.has(fingerprint)) known.delete(fingerprint);
    }
  }
}

/** Keeps the older beginning, and a fire that was already told is not told again. */
function takeOver(mine: Instance, row: Instance): void {
  mine.activeAtMs = Math.min(mine.activeAtMs, row.activeAtMs);
  if (row.firedAtMs === null) return;
  mine.firedAtMs = row.firedAtMs;
  if (mine.state === 'pending') mine.state = 'firing';
  mine.events = mine.events.filter(({ event }) => event !== 'firing');
}
