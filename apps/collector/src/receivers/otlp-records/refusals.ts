import type { RefusalReason } from '../receiver.ts';

/** Why a span or a log record is refused while its request is taken. */
export type RowRefusal = Extract<
  RefusalReason,
  | 'bad_id'
  | 'bad_time'
  | 'too_many_attributes'
  | 'attribute_too_long'
  | 'too_many_events'
  | 'body_too_long'
  | 'too_far_in_future'
  | 'too_old'
>;

/** Refused rows of one request by their reasons; of each reason the first one is named. */
export class Refusals {
  readonly byReason = new Map<RowRefusal, { count: number; readonly example: string }>();

  /** `example` is asked for once per reason. */
  add(reason: RowRefusal, example: () => string): void {
    const known = this.byReason.get(reason);
    if (known === undefined) this.byReason.set(reason, { count: 1, example: example() });
    else known.count++;
  }

  get count(): number {
    let count = 0;
    for (const refused of this.byReason.values()) count += refused.count;
    return count;
  }

  /** For the sender, in one line; empty when nothing was refused. */
  sentence(): string {
    const parts: string[] = [];
    for (const [reason, { count, example }] of this.byReason) parts.push(`${reason} (${count}), such as ${example}`);
    return parts.join('; ').slice(0, 4000).toWellFormed();
  }
}
