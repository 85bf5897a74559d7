import type { RuleCases } from './rule-case.ts';

export const pipelineCases: RuleCases = {
  'pipeline-failed': {
    fires: [
      'binnacle_pipeline_run_state{run_id="1",run="nightly-7",pipeline="nightly",state="running"} 1x30 stale',
      'binnacle_pipeline_run_state{run_id="1",run="nightly-7",pipeline="nightly",state="failed"} _x30 1x10',
    ],
    says: 'Run nightly-7 of nightly failed',
    quiet: [
      'binnacle_pipeline_run_state{run_id="0",run="long ago",state="failed"} 1x40',
      'binnacle_pipeline_run_state{run_id="2",state="running"} 1x40',
    ],
    at: 450,
  },
  'pipeline-stuck': {
    fires: [
      'binnacle_pipeline_run_state{pipeline="nightly",run_id="1",run="r1",state="succeeded"} 1x160',
      'binnacle_pipeline_run_duration_seconds{pipeline="nightly",run_id="1",run="r1"} 500x160',
      'binnacle_pipeline_run_state{pipeline="nightly",run_id="2",run="r2",state="running"} 1x160',
      'binnacle_pipeline_run_duration_seconds{pipeline="nightly",run_id="2",run="r2"} 0+15x160',
    ],
    at: 1620,
    says: 'Run r2 of nightly has taken 3.2 times as long as usual',
    quiet: [
      'binnacle_pipeline_run_state{pipeline="nightly",run_id="1",run="r1",state="succeeded"} 1x160',
      'binnacle_pipeline_run_duration_seconds{pipeline="nightly",run_id="1",run="r1"} 900x160',
      'binnacle_pipeline_run_state{pipeline="nightly",run_id="2",run="r2",state="running"} 1x160',
      'binnacle_pipeline_run_duration_seconds{pipeline="nightly",run_id="2",run="r2"} 0+15x160',
      'binnacle_pipeline_run_state{pipeline="nightly",run_id="3",run="r3",state="failed"} 1x160',
      'binnacle_pipeline_run_duration_seconds{pipeline="nightly",run_id="3",run="r3"} 99999x160',
    ],
  },
  'pipeline-pending': {
    fires: ['binnacle_pipeline_run_state{pipeline="nightly",run_id="1",run="r1",state="pending"} 1x80'],
    at: 900,
    says: `Run r1 of nightly has been pending for a quarter of an hour`,
    quiet: [
      'binnacle_pipeline_run_state{pipeline="nightly",run_id="1",run="r1",state="pending"} 1x20 stale',
      'binnacle_pipeline_run_state{pipeline="nightly",run_id="1",run="r1",state="running"} _x21 1x60',
    ],
  },
};
