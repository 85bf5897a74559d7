import { type DefaultRule, rule } from './default-rule.ts';

export const driftRules: readonly DefaultRule[] = [
  rule({
    key: 'drift-disagreement',
    name: 'Answers differ at temperature zero',
    layer: 'drift',
    severity: 'warning',
    expr: 'binnacle_drift_agreement_ratio < 1',
    forSeconds: 0,
    summary:
      'Probe {{ $labels.probe }} of {{ $labels.model }}: {{ $value | humanizePercentage }} of the answers agree ({{ $labels.mode }})',
    description: 'The same prompt at temperature zero gave different answers within one round.',
    page: '/drift',
    runbook:
      'Differences only under concurrency point to kernels that depend on the batch; differences in serial too point to several versions behind one address.',
  }),
  rule({
    key: 'drift-reference',
    name: 'Answers left the reference',
    layer: 'drift',
    severity: 'warning',
    expr: 'binnacle_drift_reference_agreement_ratio{mode="serial"} < 0.5',
    forSeconds: 0,
    summary:
      'Probe {{ $labels.probe }} of {{ $labels.model }}: {{ $value | humanizePercentage }} of the answers equal the reference',
    description:
      'One request at a time, most answers are no longer what they were: model, quantization, template or engine changed.',
    page: '/drift',
    runbook:
      'Compare the version and fingerprint marks on the page with the time of the change; accept a new reference when it was meant.',
  }),
  rule({
    key: 'drift-fingerprint',
    name: 'Model fingerprint changed',
    layer: 'drift',
    severity: 'info',
    expr: 'count by (cluster, endpoint, model) (count by (cluster, endpoint, model, fingerprint) (count_over_time(binnacle_drift_fingerprint_info[1h]))) > 1',
    forSeconds: 0,
    intervalSeconds: 60,
    summary:
      '{{ $labels.model }} at {{ $labels.endpoint }} answered with {{ $value }} fingerprints within an hour; one is normal',
    description:
      'system_fingerprint stands for weights, configuration and engine: behind the address something was exchanged.',
    page: '/drift',
    runbook:
      'Compare with the roll-outs of that hour. Fingerprints that take turns are several versions behind one address.',
  }),
  rule({
    key: 'drift-probe-fails',
    name: 'Drift probe fails',
    layer: 'drift',
    severity: 'warning',
    expr: 'increase(binnacle_drift_request_failures_total[15m]) > 0',
    forSeconds: 300,
    intervalSeconds: 60,
    summary: 'Probe {{ $labels.probe }} of {{ $labels.model }} failed {{ $value | printf "%.0f" }} times in 15 minutes',
    description: 'While it fails, nobody watches whether the answers of the model change.',
    page: '/drift',
    runbook:
      'Try the address and the key with curl; look at the serving page for an engine that refuses or is too slow.',
  }),
];
