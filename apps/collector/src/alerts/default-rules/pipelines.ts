import { type DefaultRule, rule } from './default-rule.ts';

const running = 'binnacle_pipeline_run_state{state="running"} == 1';
const duration = 'binnacle_pipeline_run_duration_seconds';

export const pipelineRules: readonly DefaultRule[] = [
  rule({
    key: 'pipeline-failed',
    name: 'Pipeline run failed',
    layer: 'pipelines',
    severity: 'warning',
    // Servers list failed runs for ever: only those that were seen running within the last hour are news.
    expr: 'binnacle_pipeline_run_state{state="failed"} == 1 and on (cluster, run_id) max_over_time(binnacle_pipeline_run_state{state="running"}[1h]) == 1',
    forSeconds: 0,
    summary: 'Run {{ $labels.run }} of {{ $labels.pipeline }} failed',
    description: 'It was running within the last hour.',
    page: '/pipelines',
    runbook: 'Open the run: the first failed step carries the error, the ones after it were not run.',
  }),
  rule({
    key: 'pipeline-stuck',
    name: 'Pipeline run stuck',
    layer: 'pipelines',
    severity: 'warning',
    // Against the median of the runs that went well; under ten minutes nobody waits.
    expr: `(${duration} > 600 and on (cluster, run_id) ${running}) / on (cluster, pipeline) group_left () quantile by (cluster, pipeline) (0.5, ${duration} and on (cluster, run_id) binnacle_pipeline_run_state{state="succeeded"} == 1) > 3`,
    forSeconds: 60,
    intervalSeconds: 60,
    summary:
      'Run {{ $labels.run }} of {{ $labels.pipeline }} has taken {{ $value | printf "%.1f" }} times as long as usual',
    description: 'It still runs, at over three times the median of the runs that succeeded.',
    page: '/pipelines',
    runbook:
      'Open the run: which step does not end? A pod that is pending, an image that is pulled again and again, a lock.',
  }),
  rule({
    key: 'pipeline-pending',
    name: 'Pipeline run does not start',
    layer: 'pipelines',
    severity: 'warning',
    expr: 'binnacle_pipeline_run_state{state="pending"} == 1',
    forSeconds: 900,
    intervalSeconds: 60,
    summary: 'Run {{ $labels.run }} of {{ $labels.pipeline }} has been pending for a quarter of an hour',
    description: 'The server took the run, and no step of it has begun.',
    page: '/pipelines',
    runbook:
      'Look at the workflow controller and at the quota of the namespace; then at the scheduler page for its pods.',
  }),
];
