import { BinnacleError } from '@binnacle/shared/errors.ts';
import { agentSettings, type Flags, loadConfig } from '../config/settings.ts';
import { becomeLean } from './lean-process.ts';
import { roleLog, roleMetrics, runUntilStopped, tellReady } from './role.ts';

export async function runAgent(flags: Flags & { readonly gateway?: string }): Promise<void> {
  const stage = becomeLean();
  const loaded = await loadConfig(flags, process.env);
  const settings = agentSettings(flags, process.env, loaded.config);
  if (loaded.definitions.length === 0) {
    throw new BinnacleError(
      'bad_config',
      'the agent has no receivers: name at least one under receivers: in a config file (--config)',
    );
  }
  const log = roleLog('agent', loaded.config);
  const metrics = await roleMetrics('agent');
  const { startAgent } = await import('../agent/agent.ts');
  if (stage === 'warming') return;
  const agent = await startAgent({ ...settings, loaded, log, metrics });
  log.info(
    {
      gateway: new URL(settings.gatewayUrl).host,
      metrics: `${agent.url}/metrics`,
      receivers: loaded.definitions.map(({ name }) => name),
    },
    'agent runs',
  );
  tellReady({ url: agent.url });
  await runUntilStopped(log, () => agent.stop());
}
