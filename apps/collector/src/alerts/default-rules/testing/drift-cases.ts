import type { RuleCases } from './rule-case.ts';

export const driftCases: RuleCases = {
  'drift-disagreement': {
    fires: ['binnacle_drift_agreement_ratio{probe="feynman",model="m",mode="concurrent"} 0.75x40'],
    says: 'Probe feynman of m: 75% of the answers agree (concurrent)',
    quiet: ['binnacle_drift_agreement_ratio{probe="feynman",mode="serial"} 1x40'],
    at: 0,
  },
  'drift-reference': {
    fires: ['binnacle_drift_reference_agreement_ratio{probe="feynman",model="m",mode="serial"} 0x40'],
    says: 'Probe feynman of m: 0% of the answers equal the reference',
    quiet: [
      'binnacle_drift_reference_agreement_ratio{mode="serial"} 1x40',
      'binnacle_drift_reference_agreement_ratio{mode="concurrent"} 0x40',
    ],
    at: 0,
  },
  'drift-fingerprint': {
    fires: [
      'binnacle_drift_fingerprint_info{probe="p",endpoint="e",model="m",fingerprint="a"} 1x20 stale',
      'binnacle_drift_fingerprint_info{probe="p",endpoint="e",model="m",fingerprint="b"} _x21 1x20',
    ],
    at: 360,
    says: `m at e answered with 2 fingerprints within an hour; one is normal`,
    quiet: [
      'binnacle_drift_fingerprint_info{probe="p",endpoint="e",model="m",fingerprint="a"} 1x40',
      'binnacle_drift_fingerprint_info{probe="q",endpoint="e",model="m",fingerprint="a"} 1x40',
    ],
  },
  'drift-probe-fails': {
    fires: ['binnacle_drift_request_failures_total{probe="p",endpoint="e",model="m"} 0x20 4x60'],
    at: 660,
    says: `Probe p of m failed 4 times in 15 minutes`,
    quiet: ['binnacle_drift_request_failures_total{probe="p",endpoint="e",model="m"} 9x80'],
  },
};
