import type { DemoClock } from './clock.ts';
import { ChatSimulator } from './completions.ts';
import { FabricSimulator } from './fabric-state.ts';
import { GpuSimulator } from './gpu-state.ts';
import { schedulerCounters } from './kai-text.ts';
import { McpSimulator } from './mcp-servers.ts';
import { deployments } from './scenario.ts';
import { ServingSimulator } from './serving-state.ts';
import type { SteppedCounters } from './stepped-counters.ts';

/** Every part of the demo cluster, on one clock. The same start and the same moment always give the same cluster. */
export interface Simulator {
  readonly clock: DemoClock;
  readonly gpus: GpuSimulator;
  readonly fabric: FabricSimulator;
  readonly scheduler: SteppedCounters;
  /** In the order of `deployments`. */
  readonly serving: readonly ServingSimulator[];
  readonly chats: readonly ChatSimulator[];
  readonly mcp: McpSimulator;
}

export function createSimulator(clock: DemoClock, now: () => number): Simulator {
  return {
    clock,
    gpus: new GpuSimulator(clock),
    fabric: new FabricSimulator(clock),
    scheduler: schedulerCounters(clock),
    serving: deployments.map((deployment) => new ServingSimulator(clock, deployment)),
    chats: deployments.map((deployment) => new ChatSimulator(clock, deployment)),
    mcp: new McpSimulator(clock, now),
  };
}
