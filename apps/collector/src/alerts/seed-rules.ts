import type { State } from '@binnacle/db/state/open-state.ts';
import type { Logger } from 'pino';
import { type DefaultRule, defaultRules } from './default-rules.ts';

/**
 * Brings the shipped rules in Postgres in step with this release: what lacks is added, what nobody edited is updated or,
 * when it ships no more, removed. What a person edited is theirs: it is never touched, nor is whether a rule is on.
 */
export async function seedDefaultRules({ prisma }: State, log: Logger, rules = defaultRules): Promise<void> {
  const rows = await prisma.alertRule.findMany();
  const byKey = new Map(rows.flatMap((row) => (row.builtinKey === null ? [] : [[row.builtinKey, row]])));
  const names = new Map(rows.map((row) => [row.name, row.id]));
  for (const rule of rules) {
    const data = dataOf(rule);
    const row = byKey.get(rule.key);
    const nameOwner = names.get(rule.name);
    if (nameOwner !== undefined && nameOwner !== row?.id) {
      log.warn({ rule: rule.name }, 'alerts: a shipped rule is left out, since a rule of yours has its name');
    } else if (row === undefined) {
      await prisma.alertRule.create({ data: { ...data, builtin: true, builtinKey: rule.key, enabled: rule.enabled } });
    } else if (!row.edited && !sameTexts(data, row)) {
      await prisma.alertRule.update({ where: { id: row.id }, data });
    }
  }
  const keys = rules.map(({ key }) => key);
  await prisma.alertRule.deleteMany({ where: { builtin: true, edited: false, builtinKey: { notIn: keys } } });
}

function dataOf({ key: _key, enabled: _enabled, ...data }: DefaultRule) {
  return data;
}

/** Postgres orders the keys of a JSON object its own way. */
function sameTexts(data: ReturnType<typeof dataOf>, row: object): boolean {
  const found = row as Record<string, unknown>;
  return Object.entries(data).every(([name, value]) => canonical(value) === canonical(found[name]));
}

function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
