import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FoundSource as FoundSourceRow } from '../generated/prisma/client.ts';
import type { State } from './open-state.ts';

/** A source that a look around the machine found. */
export interface SourceFinding {
  readonly receiver: string;
  readonly name: string;
  /** URL, path or command; with the receiver it is the source's identity. No secrets. */
  readonly address: string;
  readonly detail: Record<string, string | number | boolean | string[]>;
  /** Reading it does something a user must agree to, as starting a command does. */
  readonly needsConsent: boolean;
}

export type FoundSource = FoundSourceRow;

/** Keeps what was found: new ones appear, known ones are seen again, and consent that was given stays. */
export async function upsertFoundSources(state: State, findings: readonly SourceFinding[]): Promise<void> {
  const seenAt = new Date();
  await state.prisma.$transaction(
    findings.map(({ receiver, name, address, detail, needsConsent }) =>
      state.prisma.foundSource.upsert({
        where: { id: `${receiver} ${address}` },
        create: { id: `${receiver} ${address}`, receiver, name, address, detail, needsConsent, seenAt },
        update: { name, detail, needsConsent, seenAt },
      }),
    ),
  );
}

/** Every source ever found, by receiver and name. */
export async function listFoundSources(state: State): Promise<FoundSource[]> {
  return state.prisma.foundSource.findMany({ orderBy: [{ receiver: 'asc' }, { name: 'asc' }, { id: 'asc' }] });
}

/** Records who agreed to a source, or with `by: null` that nobody does any more. Throws `not_found`. */
export async function consent(state: State, id: string, by: string | null): Promise<FoundSource> {
  const { count } = await state.prisma.foundSource.updateMany({
    where: { id },
    data: { consentedAt: by === null ? null : new Date(), consentedBy: by },
  });
  if (count === 0) throw new BinnacleError('not_found', 'There is no found source with that id.');
  return state.prisma.foundSource.findUniqueOrThrow({ where: { id } });
}
