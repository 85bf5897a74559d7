import { labelAt } from './label-edits.ts';
import type { Preset } from './preset-shape.ts';

/** Families that KAI-Scheduler registers twice, once without its prefix; those stay at 0. */
const unprefixed =
  /^(e2e_scheduling_latency|open_session_latency|close_session_latency|plugin_scheduling_latency|action_scheduling_latency|task_scheduling_latency|task_bind_latency|usage_query_latency)_milliseconds(_bucket|_sum|_count|_created)?$|^(podgroups_scheduled_by_action|podgroups_acted_on_by_action|scenarios_simulation_by_action|scenarios_filtered_by_action|total_preemption_attempts)(_total|_created)?$|^queue_(fair_share_(gpu|cpu_cores|memory_gb)|(gpu|cpu|memory)_usage|info|deserved_gpus|quota_(cpu_cores|memory_bytes)|allocated_(gpus|cpu_cores|memory_bytes))$|^pod_group_evicted_pods_total$|^scenario_search_\w+$/;

/** KAI-Scheduler's scheduler and queue controller. */
export const kaiScheduler: Preset = {
  relabel(pairs) {
    if (unprefixed.test(pairs[1] as string)) return false;
    // queue_metadata_name came with 0.16; both are the queue's metadata.name.
    const name = labelAt(pairs, 'queue_name');
    if (name >= 0 && labelAt(pairs, 'queue_metadata_name') < 0)
      pairs.push('queue_metadata_name', pairs[name + 1] as string);
    return true;
  },
  renameFamily: (family) => (unprefixed.test(family) ? null : family),
};
