import { addressOf } from '../polling/bounded-http.ts';
import { ownMetrics } from '../polling/own-metrics.ts';
import { Poller, polledReceiver } from '../polling/poller.ts';
import type { ReceiverDefinition } from '../receiver.ts';
import { type DriftConfig, driftConfig, sourceNames } from './config.ts';
import { Probe } from './probe.ts';

const driftMetrics = ownMetrics(
  'binnacle_drift_agreement_ratio',
  'binnacle_drift_unique_outputs',
  'binnacle_drift_reference_agreement_ratio',
  'binnacle_drift_first_divergence_characters',
  'binnacle_drift_fingerprint_info',
  'binnacle_drift_request_failures_total',
);

/** Asks models the same question again and again at temperature 0, one by one and at once, and compares the answers. */
export const drift: ReceiverDefinition<DriftConfig> = {
  name: 'drift',
  summary: 'Probes of OpenAI-compatible endpoints: does the same prompt get the same answer?',
  config: driftConfig,
  emits: driftMetrics,
  create(config, context) {
    const names = sourceNames(config.probes);
    return polledReceiver(
      config.probes.map((options, index) => {
        const name = names[index] as string;
        const probe = new Probe(options, name, context);
        return new Poller(
          {
            receiver: 'drift',
            source: name,
            labels: options.labels,
            address: addressOf(options.endpoint),
            intervalSeconds: options.intervalSeconds,
            // Two rounds of requests that may each take their whole time.
            timeoutSeconds: Math.min(86_400, 2 * options.runs * options.requestTimeoutSeconds + 10),
            up: { job: 'drift', instance: name },
            metadata: driftMetrics,
            read: (round, signal) => probe.read(round, signal),
          },
          context,
        );
      }),
    );
  },
};
