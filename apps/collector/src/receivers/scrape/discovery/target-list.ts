import { BinnacleError } from '@binnacle/shared/errors.ts';
import { z } from 'zod';
import type { TargetGroup } from './provider.ts';

const labelValue = z.union([z.string(), z.number(), z.boolean()]).transform(String);

const list = z.array(
  z.strictObject({
    targets: z.array(z.string().min(1)).max(100_000),
    labels: z
      .record(z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name has letters, digits and _'), labelValue)
      .nullish()
      .transform((labels) => labels ?? {}),
  }),
);

/**
 * A list of targets in the format of file_sd and http_sd, with further labels for each group. Throws `bad_config` with the
 * place of the fault.
 */
export function readTargetList(content: unknown, more: Readonly<Record<string, string>>): TargetGroup[] {
  const result = list.safeParse(content ?? []);
  if (!result.success) {
    const issue = result.error.issues[0];
    throw new BinnacleError(
      'bad_config',
      `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not a list of targets'}`,
    );
  }
  return result.data.map(({ targets, labels }) => ({
    labels: { ...labels, ...more },
    targets: targets.map((address) => ({ __address__: address })),
  }));
}

export const countTargets = (groups: readonly TargetGroup[]): number =>
  groups.reduce((sum, { targets }) => sum + targets.length, 0);
