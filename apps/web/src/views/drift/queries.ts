import type { Expression } from '#data/hooks.ts';

/**
 * A round holds until the next one; probes are asked every five minutes unless configured otherwise. A line ends when two
 * rounds in a row are missing.
 */
const hold = '10m';

/** Results of the newest round of every probe, by name of the metric. */
export const newestRound: Expression = ({ cluster }) =>
  `last_over_time({__name__=~"binnacle_drift_(agreement_ratio|unique_outputs|reference_agreement_ratio|first_divergence_characters)",${cluster}}[${hold}])`;

export const driftMetrics = {
  agreement: 'binnacle_drift_agreement_ratio',
  reference: 'binnacle_drift_reference_agreement_ratio',
  unique: 'binnacle_drift_unique_outputs',
  divergence: 'binnacle_drift_first_divergence_characters',
} as const;

export const overRounds =
  (metric: string, mode: string): Expression =>
  ({ cluster }) =>
    `last_over_time(${metric}{${cluster},mode="${mode}"}[${hold}])`;

/** Not held longer than usual: "nothing diverges" must show at once. */
export const divergence =
  (mode: string): Expression =>
  ({ cluster }) =>
    `${driftMetrics.divergence}{${cluster},mode="${mode}"}`;

export const fingerprints: Expression = ({ cluster }) => `binnacle_drift_fingerprint_info{${cluster}}`;
