import path from 'node:path';
import { stringify } from 'yaml';
import { ensurePortFree } from '../config/listen-port.ts';
import { dataDirectory, defaults, demoPort, type Flags } from '../config/settings.ts';
import { makeWritable } from '../gateway/data-directory.ts';
import { roleLog, runUntilStopped, tellReady } from './role.ts';

export async function runDemo(flags: Flags & { readonly gateway?: string }): Promise<void> {
  const port = demoPort(flags, process.env);
  const dataDir = path.join(dataDirectory(flags, process.env), 'demo');
  const gatewayUrl = flags.gateway ?? (process.env.BINNACLE_GATEWAY_URL || defaults.gatewayUrl);
  const apiKey = process.env.BINNACLE_API_KEY || undefined;
  const log = roleLog('demo');
  await ensurePortFree('127.0.0.1', port, 'BINNACLE_DEMO_PORT (or --port)');
  await makeWritable(dataDir);
  const { startDemo } = await import('../demo/start-demo.ts');
  const demo = await startDemo({ port, dataDir, log, gatewayUrl, ...(apiKey === undefined ? {} : { apiKey }) });
  const receivers = demo.receiversConfig();
  if (!process.connected) console.log(stringify({ receivers }));
  log.info({ port }, 'demo cluster runs');
  tellReady({ receivers });
  await runUntilStopped(log, () => demo.stop());
}
