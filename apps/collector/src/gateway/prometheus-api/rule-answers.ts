/** Shapes of `GET /api/v1/rules` and `/alerts`, as the Prometheus HTTP API has them. Times are RFC 3339, lengths seconds. */
export interface AlertAnswer {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly activeAt: string;
  /** A float as text. */
  readonly value: string;
}

interface RuleAnswer {
  readonly name: string;
  readonly query: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly health: 'ok' | 'err' | 'unknown';
  readonly lastError?: string;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
}

export interface AlertingRuleAnswer extends RuleAnswer {
  readonly type: 'alerting';
  readonly state: 'inactive' | 'pending' | 'firing';
  readonly duration: number;
  readonly keepFiringFor: number;
  readonly annotations: Readonly<Record<string, string>>;
  readonly alerts: readonly AlertAnswer[];
}

export interface RecordingRuleAnswer extends RuleAnswer {
  readonly type: 'recording';
}

export interface RuleGroupAnswer {
  readonly name: string;
  readonly file: string;
  readonly rules: readonly (AlertingRuleAnswer | RecordingRuleAnswer)[];
  readonly interval: number;
  readonly limit: number;
  readonly evaluationTime: number;
  readonly lastEvaluation: string;
}

/** Answers for the rules as they stand. Reject with `state_unavailable` where they cannot be known. */
export interface RuleAnswers {
  rulesAnswer(): Promise<{ readonly groups: readonly RuleGroupAnswer[] }>;
  alertsAnswer(): Promise<{ readonly alerts: readonly AlertAnswer[] }>;
}
