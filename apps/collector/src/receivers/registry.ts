import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { ReceiverDefinition } from './receiver.ts';

/** A definition whose options are whatever its own schema makes of the file. */
// biome-ignore lint/suspicious/noExplicitAny: options differ from receiver to receiver, and each schema checks its own
type AnyReceiver = ReceiverDefinition<any>;

/**
 * The list of receivers: the key is the folder and the key in the config file. A receiver is loaded when a config names
 * it, so that a process holds in memory only what it runs. A new receiver is one line here.
 */
const receivers = {
  'remote-write': async () => (await import('./remote-write/index.ts')).remoteWrite,
  otlp: async () => (await import('./otlp/index.ts')).otlp,
  'otlp-records': async () => (await import('./otlp-records/index.ts')).otlpRecords,
  scrape: async () => (await import('./scrape/index.ts')).scrape,
  infiniband: async () => (await import('./infiniband/index.ts')).infiniband,
  nccl: async () => (await import('./nccl/index.ts')).nccl,
  kai: async () => (await import('./kai/index.ts')).kai,
  kubeflow: async () => (await import('./kubeflow/index.ts')).kubeflow,
  drift: async () => (await import('./drift/index.ts')).drift,
  mcp: async () => (await import('./mcp/index.ts')).mcp,
} satisfies Record<string, () => Promise<AnyReceiver>>;

export const receiverNames: readonly string[] = Object.keys(receivers);

/** Loads a receiver by its name. Throws `bad_config` for a name that the list lacks. */
export async function loadReceiver(name: string): Promise<ReceiverDefinition<unknown>> {
  const load = Object.hasOwn(receivers, name) ? receivers[name as keyof typeof receivers] : undefined;
  if (load === undefined)
    throw new BinnacleError('bad_config', `there is no receiver "${name}"; there are ${receiverNames.join(', ')}`);
  return (await load()) as AnyReceiver;
}
