import { type Flags, gatewaySettings, loadConfig } from '../config/settings.ts';
import { roleLog, roleMetrics, runUntilStopped, tellReady } from './role.ts';

export async function runGateway(flags: Flags): Promise<void> {
  const loaded = await loadConfig(flags, process.env);
  const settings = gatewaySettings(flags, process.env, loaded.config);
  const log = roleLog('gateway', loaded.config);
  // Before the modules that make instruments of their own are loaded.
  const metrics = await roleMetrics('gateway');
  const [{ startGateway }, { realParts }] = await Promise.all([
    import('../gateway/gateway.ts'),
    import('../gateway/parts.ts'),
  ]);
  const gateway = await startGateway({ settings, loaded, parts: realParts, log, metrics });
  log.info({ url: gateway.url, receivers: loaded.definitions.map(({ name }) => name) }, 'gateway runs');
  tellReady({ url: gateway.url });
  await runUntilStopped(log, () => gateway.stop());
}
