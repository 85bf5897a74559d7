import type { AlertRuleInput } from '@binnacle/shared/alerts/rule.ts';

/** A rule that ships with Binnacle. `key` names it for ever, whatever its name becomes. */
export interface DefaultRule extends AlertRuleInput {
  readonly key: string;
}

type Draft = Pick<DefaultRule, 'key' | 'name' | 'layer' | 'severity' | 'expr' | 'forSeconds'> & {
  /** What, where, and how bad against what is normal. */
  readonly summary: string;
  readonly description: string;
  /** Path of the page that shows it; label values are filled in. */
  readonly page: string;
  /** What to do about it, in a sentence or two; `docs/runbooks/<key>.md` says more. */
  readonly runbook: string;
  readonly intervalSeconds?: number;
};

/** A shipped rule from what is said of it; evaluated every 15 s unless it says otherwise. */
export const rule = ({ summary, description, page, runbook, intervalSeconds = 15, ...rest }: Draft): DefaultRule => ({
  ...rest,
  intervalSeconds,
  labels: {},
  annotations: { summary, description, page, runbook },
  enabled: true,
});

/**
 * PromQL for "this counter counted something within the window". A counter of failures may not exist before the first
 * one, and `increase` does not see the step from nothing to one.
 */
export const counted = (selector: string, window: string): string =>
  `(increase(${selector}[${window}]) > 0 or (${selector} unless ${selector} offset ${window}) > 0)`;
