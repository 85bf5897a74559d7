import type { RuleCases } from './rule-case.ts';

export const collectorCases: RuleCases = {
  'source-down': {
    fires: ['up{job="dcgm",instance="n1:9400"} 1x20 0x20'],
    says: 'dcgm n1:9400 cannot be read',
    quiet: ['up{job="dcgm",instance="n1:9400"} 1x40'],
    at: 375,
  },
  'source-silent': {
    fires: ['binnacle_source_last_arrival_timestamp_seconds{receiver="nccl",source="llama"} 0x40'],
    says: 'nccl llama has sent nothing for 6m 30s',
    quiet: [
      'binnacle_source_last_arrival_timestamp_seconds{receiver="nccl",source="llama"} 0+15x40',
      'binnacle_source_last_arrival_timestamp_seconds{receiver="remote-write",source="senders"} 0x40',
    ],
    at: 390,
  },
  'clock-ahead': {
    fires: ['binnacle_sender_arrival_lag_seconds{receiver="otlp",sender="node@10.0.0.7"} -3600x40'],
    says: 'Samples of otlp node@10.0.0.7 are ahead of the clock (-1h 0m 0s)',
    quiet: [
      'binnacle_sender_arrival_lag_seconds{receiver="otlp",sender="late"} 3600x40',
      // A door is as far ahead as its worst sender, who has an alert of its own.
      'binnacle_source_arrival_lag_seconds{receiver="otlp",source="senders"} -3600x40',
    ],
    at: 120,
  },
  'scrape-truncated': {
    fires: ['scrape_body_size_bytes{job="dcgm",instance="n1:9400"} 9000x10 -1x20'],
    at: 225,
    says: `dcgm n1:9400 answers with more than its scrape may have`,
    quiet: ['scrape_body_size_bytes{job="dcgm",instance="n1:9400"} 9000x10 0x20'],
  },
  'scrape-slow': {
    fires: [
      'scrape_duration_seconds{job="dcgm",instance="n1:9400"} 9x60',
      'scrape_timeout_seconds{job="dcgm",instance="n1:9400"} 10x60',
    ],
    at: 300,
    says: `Scraping dcgm n1:9400 takes 90% of its timeout`,
    quiet: [
      'scrape_duration_seconds{job="dcgm",instance="n1:9400"} 1x60',
      'scrape_timeout_seconds{job="dcgm",instance="n1:9400"} 10x60',
    ],
  },
  'samples-refused': {
    fires: [
      'binnacle_source_refused_samples_total{receiver="otlp",source="senders",reason="too_old"} 0+100x40',
      'binnacle_source_samples_total{receiver="otlp",source="senders"} 0+900x40',
    ],
    at: 150,
    says: `10% of the samples of otlp senders are refused (too_old)`,
    quiet: [
      'binnacle_source_refused_samples_total{receiver="otlp",source="senders",reason="too_old"} 5x40',
      'binnacle_source_samples_total{receiver="otlp",source="senders"} 0+900x40',
    ],
  },
  'batches-refused': {
    fires: ['binnacle_pipeline_refused_requests_total{receiver="otlp",code="disk_full"} 0+5x40'],
    at: 150,
    says: 'The gateway refuses 10 batches of otlp a minute (disk_full)',
    quiet: ['binnacle_pipeline_refused_requests_total{receiver="otlp",code="disk_full"} 7x40'],
  },
  'commits-failing': {
    fires: ['binnacle_pipeline_commits_total{outcome="failed"} _x20 1x60'],
    at: 360,
    says: `1 writes to the telemetry store failed within five minutes`,
    quiet: [
      'binnacle_pipeline_commits_total{outcome="failed"} 0x60',
      'binnacle_pipeline_commits_total{outcome="stored"} 0+9x60',
    ],
  },
  'spool-growing': {
    fires: ['binnacle_spool_oldest_seconds 0+15x60'],
    at: 390,
    says: 'Samples have waited 6m 30s in the spool for the store; seconds are normal',
    quiet: ['binnacle_spool_oldest_seconds 3x60'],
  },
  'spool-damaged': {
    fires: ['binnacle_spool_damaged_blocks_total _x250 2x20'],
    at: 3780,
    says: `2 blocks of the spool were found damaged within the hour`,
    quiet: ['binnacle_spool_damaged_blocks_total 0x270'],
  },
  'agent-behind': {
    fires: ['binnacle_agent_oldest_buffered_seconds 0+15x60'],
    at: 390,
    says: 'An agent has held samples back for 6m 30s; seconds are normal',
    quiet: ['binnacle_agent_oldest_buffered_seconds 3x60'],
  },
  'agent-loses': {
    fires: ['binnacle_agent_spool_expired_items_total{kind="samples"} 0x20 500x20'],
    at: 360,
    says: 'An agent let go of 500 samples or records within the hour',
    quiet: [
      'binnacle_agent_spool_expired_items_total{kind="samples"} 0x270',
      'binnacle_agent_buffer_refused_items_total{kind="samples",reason="closing"} 0+1x270',
    ],
  },
  'disk-nearly-full': {
    fires: ['binnacle_disk_free_bytes 5e10x60', 'binnacle_disk_size_bytes 1e12x60'],
    at: 300,
    says: `5% of the disk of the data directory are free`,
    quiet: ['binnacle_disk_free_bytes 5e11x60', 'binnacle_disk_size_bytes 1e12x60'],
  },
  'disk-full': {
    fires: ['binnacle_disk_full 0x20 1x20'],
    at: 315,
    says: `The gateway takes nothing in, because its disk is full`,
    quiet: ['binnacle_disk_full 0x40'],
  },
  'retention-by-size': {
    fires: ['binnacle_retention_dropped_bytes_total 0x20 1073741824x20'],
    at: 360,
    says: '1GiB of the oldest telemetry were dropped within the hour',
    quiet: ['binnacle_retention_dropped_bytes_total 0x270'],
  },
  'backup-failed': {
    fires: ['binnacle_backups_total{outcome="failed"} _x20 1x20'],
    at: 300,
    says: `1 backups of the gateway failed within the hour`,
    quiet: ['binnacle_backups_total{outcome="done"} 0+1x40'],
  },
  'rules-failing': {
    fires: [
      'binnacle_alert_evaluations_total{outcome="ok"} 0+80x60',
      'binnacle_alert_evaluations_total{outcome="failed"} 0+20x60',
    ],
    at: 150,
    says: `20% of the evaluations of alert rules fail`,
    quiet: [
      'binnacle_alert_evaluations_total{outcome="ok"} 0+80x60',
      'binnacle_alert_evaluations_total{outcome="failed"} 3x60',
    ],
  },
  'notifications-dead': {
    fires: ['binnacle_alert_delivery_attempts_total{kind="slack",outcome="dead"} _x20 1x20'],
    at: 300,
    says: `1 notifications by slack were given up within the hour`,
    quiet: [
      'binnacle_alert_delivery_attempts_total{kind="slack",outcome="sent"} 0+1x40',
      'binnacle_alert_delivery_attempts_total{kind="slack",outcome="retry"} 0+1x40',
    ],
  },
  'discovery-failing': {
    fires: ['binnacle_scrape_discovery_failures_total{mechanism="http"} 0+1x80'],
    at: 330,
    says: 'Lists of targets by http could not be read 22 times in ten minutes',
    quiet: ['binnacle_scrape_discovery_failures_total{mechanism="http"} 0x80'],
  },
  'gateway-overloaded': {
    fires: ['nodejs_eventloop_lag_p99_seconds 0.02x20 0.8x40'],
    at: 630,
    says: `The event loop is late by 800ms at the 99th percentile; under 50ms is normal`,
    quiet: ['nodejs_eventloop_lag_p99_seconds 0.1x60'],
  },
};
