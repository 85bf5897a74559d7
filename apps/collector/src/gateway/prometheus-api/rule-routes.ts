import { createHash } from 'node:crypto';
import { compileMatcher } from '@binnacle/promql/matching/matcher.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { FastifyInstance } from 'fastify';
import { sendData } from './answers.ts';
import { invalid, Parameters } from './parameters.ts';
import type { RuleAnswers, RuleGroupAnswer } from './rule-answers.ts';

type RuleAnswer = RuleGroupAnswer['rules'][number];

/** `rules` and `alerts`. Without whoever knows the rules both are `state_unavailable`: unknown is not none. */
export function registerRuleRoutes(app: FastifyInstance, alerts: () => RuleAnswers | undefined): void {
  const known = (): RuleAnswers => {
    const answers = alerts();
    if (answers === undefined) throw new BinnacleError('state_unavailable', 'the alert rules are not known yet');
    return answers;
  };
  const config = { action: 'alerts:read' } as const;
  app.get('/api/v1/alerts', { config }, async (_request, reply) => sendData(reply, await known().alertsAnswer()));
  app.get('/api/v1/rules', { config }, async (request, reply) => {
    const parameters = new Parameters(request);
    const wanted = ruleFilter(parameters);
    const page = pageOf(parameters);
    const groups = (await known().rulesAnswer()).groups
      .filter((group) => wanted.group(group.name) && wanted.file(group.file))
      .map((group) => ({ ...group, rules: group.rules.filter(wanted.rule).map(wanted.shown) }))
      .filter((group) => group.rules.length > 0);
    return sendData(reply, page(groups));
  });
}

function ruleFilter(parameters: Parameters) {
  const type = parameters.text('type')?.toLowerCase();
  if (type !== undefined && type !== 'alert' && type !== 'record') {
    throw invalid('type', `not supported value ${JSON.stringify(type)}`);
  }
  const oneOf = (name: string): ((value: string) => boolean) => {
    const wanted = new Set(parameters.all(name));
    return (value) => wanted.size === 0 || wanted.has(value);
  };
  const name = oneOf('rule_name[]');
  const sets = parameters
    .matcherSets()
    .map((matchers) => matchers.map((matcher) => ({ name: matcher.name, passes: compileMatcher(matcher) })));
  const withoutAlerts = parameters.flag('exclude_alerts');
  return {
    group: oneOf('rule_group[]'),
    file: oneOf('file[]'),
    rule: (rule: RuleAnswer): boolean =>
      (type === undefined || rule.type === (type === 'alert' ? 'alerting' : 'recording')) &&
      name(rule.name) &&
      (sets.length === 0 || sets.some((set) => set.every(({ name, passes }) => passes(rule.labels[name] ?? '')))),
    shown: (rule: RuleAnswer): RuleAnswer =>
      withoutAlerts && rule.type === 'alerting' ? { ...rule, alerts: [] } : rule,
  };
}

const tokenOf = ({ file, name }: RuleGroupAnswer): string =>
  createHash('sha256').update(`${file};${name}`).digest('hex');

/** `group_limit` and `group_next_token`: the groups from one token to the next. */
function pageOf(parameters: Parameters) {
  const text = parameters.text('group_limit');
  const token = parameters.text('group_next_token');
  if (token !== undefined && text === undefined) {
    throw invalid('group_next_token', 'group_limit needs to be present in order to paginate over the groups');
  }
  if (text !== undefined && !/^[1-9]\d{0,8}$/.test(text)) {
    throw invalid('group_limit', 'group_limit needs to be a number greater than 0');
  }
  const limit = text === undefined ? Number.POSITIVE_INFINITY : Number(text);
  return (groups: readonly RuleGroupAnswer[]) => {
    const from = token === undefined ? 0 : groups.findIndex((group) => tokenOf(group) === token);
    if (from < 0) throw invalid('group_next_token', `invalid group_next_token '${token}'. were rule groups changed?`);
    const next = groups[from + limit];
    return {
      groups: groups.slice(from, from + limit),
      ...(next === undefined ? {} : { groupNextToken: tokenOf(next) }),
    };
  };
}
