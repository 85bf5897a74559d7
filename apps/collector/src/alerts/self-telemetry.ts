import { metrics, trace } from '@opentelemetry/api';

/** What the alert engine says of itself. Labels are from short, fixed lists. */
const meter = metrics.getMeter('binnacle.alerts');
export const tracer = trace.getTracer('binnacle.alerts');

export const evaluations = meter.createCounter('binnacle_alert_evaluations_total', {
  description: 'Evaluations of alert rules, by outcome (ok, failed).',
});
export const transitions = meter.createCounter('binnacle_alert_transitions_total', {
  description: 'Alerts that began to fire or resolved, by event.',
});
export const attempts = meter.createCounter('binnacle_alert_delivery_attempts_total', {
  description: 'Attempts to deliver a notification, by channel kind and outcome (sent, retry, dead, gone).',
});
