import type { ChannelInput } from '@binnacle/shared/alerts/channel.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { State } from './open-state.ts';
import { seal, sealingKey } from './sealing.ts';

/** What may be shown of a channel: neither its URL nor its secret. */
export interface ChannelSummary {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly minSeverity: string;
  readonly sendResolved: boolean;
  readonly enabled: boolean;
  /** Why the gateway switched it off; null where it did not. */
  readonly disabledReason: string | null;
  readonly createdAt: Date;
  /** The newest delivery, as far as one is kept. */
  readonly last: {
    readonly state: 'queued' | 'sent' | 'dead' | 'canceled';
    readonly attempts: number;
    readonly lastStatus: number | null;
    readonly lastError: string | null;
    readonly createdAt: Date;
    readonly sentAt: Date | null;
  } | null;
}

/** Every channel by name, without what is secret. */
export async function listChannels({ prisma }: State): Promise<ChannelSummary[]> {
  const rows = await prisma.notificationChannel.findMany({
    orderBy: { name: 'asc' },
    select: {
      id: true,
      name: true,
      kind: true,
      minSeverity: true,
      sendResolved: true,
      enabled: true,
      disabledReason: true,
      createdAt: true,
      deliveries: {
        orderBy: { sequence: 'desc' },
        take: 1,
        select: { state: true, attempts: true, lastStatus: true, lastError: true, createdAt: true, sentAt: true },
      },
    },
  });
  return rows.map(({ deliveries, ...row }) => ({ ...row, last: deliveries[0] ?? null }));
}

/**
 * Saves a channel, its address and secret sealed for the gateway. Throws `conflict` where the name is taken, and
 * `state_unavailable` while no gateway has published a key.
 */
export async function createChannel(state: State, input: ChannelInput): Promise<{ id: string }> {
  const key = await sealingKey(state);
  const secret = 'secret' in input ? seal(key, input.secret) : null;
  try {
    return await state.prisma.notificationChannel.create({
      data: { ...input, url: seal(key, input.url), secret },
      select: { id: true },
    });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'P2002')
      throw new BinnacleError('conflict', 'There is a channel of that name already.', { cause: error });
    throw error;
  }
}

/** Switches a channel on or off. Throws `not_found`. */
export async function setChannelEnabled({ prisma }: State, id: string, enabled: boolean): Promise<void> {
  const { count } = await prisma.notificationChannel.updateMany({
    where: { id },
    data: { enabled, ...(enabled ? { disabledReason: null } : {}) },
  });
  if (count === 0) throw new BinnacleError('not_found', 'There is no notification channel with that id.');
}

/** Removes a channel with its deliveries. Throws `not_found`. */
export async function deleteChannel({ prisma }: State, id: string): Promise<void> {
  const { count } = await prisma.notificationChannel.deleteMany({ where: { id } });
  if (count === 0) throw new BinnacleError('not_found', 'There is no notification channel with that id.');
}
