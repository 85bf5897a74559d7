import { type Role, roles } from '@binnacle/shared/access.ts';
import type { State } from './open-state.ts';

/** A person who may sign in. */
export interface UserSummary {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly role: Role;
  readonly createdAt: Date;
}

/** Everybody who may sign in, by e-mail. A role that this release does not know counts as the least one. */
export async function listUsers({ prisma }: State): Promise<UserSummary[]> {
  const rows = await prisma.user.findMany({
    orderBy: { email: 'asc' },
    select: { id: true, name: true, email: true, role: true, createdAt: true },
  });
  return rows.map((row) => ({ ...row, role: roles.find((role) => role === row.role) ?? 'viewer' }));
}
