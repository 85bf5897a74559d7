import type { Silence as SilenceRow } from '@binnacle/db/generated/prisma/client.ts';
import type { State } from '@binnacle/db/state/open-state.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { compileSilenceMatchers, type Labels, type Silence, type SilenceMatcher } from './silence.ts';

/** A silence as somebody asks for it; with the id of one that stands it changes that. */
export interface SilenceDraft {
  readonly id?: string | undefined;
  readonly matchers: readonly SilenceMatcher[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

/** Silences in Postgres. */
export interface Silences {
  /** All that have not been over for longer than five days, those that end last first. */
  list(): Promise<Silence[]>;
  /** Throws `not_found`. */
  get(id: string): Promise<Silence>;
  /**
   * Begins a silence, or changes one; answers its id. As in Alertmanager one that has begun keeps its matchers and its
   * beginning: when these differ it ends now, and another one begins. Errors: `bad_request`, `not_found`.
   */
  put(draft: SilenceDraft): Promise<string>;
  /** Ends a silence now. Throws `not_found`. */
  expire(id: string): Promise<void>;
  /** What holds back an alert with these labels now: the silence that ends last, or null. */
  holding(labels: Labels): Promise<Silence | null>;
}

const keepMs = 5 * 86_400_000;
const maxActive = 10_000;

export function createSilences({ prisma }: State, now: () => number, onFreed: () => void): Silences {
  const find = async (id: string): Promise<Silence> => {
    const row = await prisma.silence.findUnique({ where: { id } });
    if (row === null) throw new BinnacleError('not_found', 'There is no silence with that id.');
    return silenceOf(row);
  };

  /** What a silence held back is looked at again. */
  async function free(id: string): Promise<void> {
    await prisma.delivery.updateMany({
      where: { silencedBy: id, state: 'queued' },
      data: { silencedBy: null, nextAttemptAt: new Date(now()) },
    });
    onFreed();
  }

  async function end(id: string): Promise<void> {
    await prisma.silence.updateMany({
      where: { id, endsAt: { gt: new Date(now()) } },
      data: { endsAt: new Date(now()) },
    });
    await free(id);
  }

  async function create(draft: SilenceDraft): Promise<string> {
    if ((await prisma.silence.count({ where: { endsAt: { gt: new Date(now()) } } })) >= maxActive) {
      throw new BinnacleError('bad_request', `There are ${maxActive} silences; end some first.`);
    }
    const { id } = await prisma.silence.create({ data: dataOf(draft) });
    return id;
  }

  // A silence is read again before each use, since another gateway may have changed it; what it means seldom changes.
  const compiled = new Map<string, (labels: Labels) => boolean>();
  function matches({ id, matchers, updatedAtMs }: Silence, labels: Labels): boolean {
    const key = `${id} ${updatedAtMs}`;
    let test = compiled.get(key);
    if (test === undefined) {
      if (compiled.size >= maxActive) compiled.clear();
      test = compileSilenceMatchers(matchers);
      compiled.set(key, test);
    }
    return test(labels);
  }

  return {
    async list() {
      const rows = await prisma.silence.findMany({
        where: { endsAt: { gt: new Date(now() - keepMs) } },
        orderBy: [{ endsAt: 'desc' }, { id: 'asc' }],
      });
      return rows.map(silenceOf);
    },
    get: find,
    async put(draft) {
      check(draft, now());
      if (draft.id === undefined) return create({ ...draft, startsAtMs: Math.max(draft.startsAtMs, now()) });
      const known = await find(draft.id);
      const begun = known.startsAtMs <= now();
      const same =
        textOf(known.matchers) === textOf(draft.matchers) && (!begun || known.startsAtMs === draft.startsAtMs);
      if (!same || known.endsAtMs <= now()) {
        await end(known.id);
        return create({ ...draft, startsAtMs: Math.max(draft.startsAtMs, now()) });
      }
      await prisma.silence.update({ where: { id: known.id }, data: dataOf(draft) });
      await free(known.id);
      return known.id;
    },
    async expire(id) {
      await end((await find(id)).id);
    },
    async holding(labels) {
      const at = new Date(now());
      const rows = await prisma.silence.findMany({
        where: { startsAt: { lte: at }, endsAt: { gt: at } },
        orderBy: { endsAt: 'desc' },
      });
      return rows.map(silenceOf).find((silence) => matches(silence, labels)) ?? null;
    },
  };
}

function check({ matchers, startsAtMs, endsAtMs }: SilenceDraft, nowMs: number): void {
  const wrong = (message: string) => new BinnacleError('bad_request', message);
  const matchesAll = compileSilenceMatchers(matchers);
  if (matchers.length === 0 || matchesAll({})) {
    throw wrong('A silence needs a matcher that does not match the empty value: else it would hold back everything.');
  }
  if (endsAtMs <= startsAtMs) throw wrong('A silence must end after it begins.');
  if (endsAtMs <= nowMs) throw wrong('A silence cannot end in the past.');
}

/** Postgres orders the keys of a JSON object its own way. */
const textOf = (matchers: readonly SilenceMatcher[]) =>
  JSON.stringify(matchers.map(({ name, value, isRegex, isEqual }) => [name, value, isRegex, isEqual]));

function dataOf({ matchers, startsAtMs, endsAtMs, createdBy, comment }: SilenceDraft) {
  return {
    matchers: matchers.map((matcher) => ({ ...matcher })),
    startsAt: new Date(startsAtMs),
    endsAt: new Date(endsAtMs),
    createdBy,
    comment,
  };
}

function silenceOf(row: SilenceRow): Silence {
  return {
    id: row.id,
    matchers: row.matchers as unknown as SilenceMatcher[],
    startsAtMs: row.startsAt.getTime(),
    endsAtMs: row.endsAt.getTime(),
    createdBy: row.createdBy,
    comment: row.comment,
    updatedAtMs: row.updatedAt.getTime(),
  };
}
