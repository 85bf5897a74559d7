import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, spawnCollector, startBinnacle, until } from './binnacle.ts';
import { processTree } from './processes.ts';

const settleSeconds = 60;
const measureSeconds = 60;

/** Resident memory and CPU of all that `npm start` runs with the demo, and of an agent that scrapes it. */
export async function footprint() {
  const directory = mkdtempSync(join(tmpdir(), 'binnacle-bench-'));
  const binnacle = await startBinnacle(join(directory, 'data'));
  const agentPort = await freePort();
  const agentConfig = join(directory, 'agent.yaml');
  const scraped = new URL(binnacle.gatewayUrl).host;
  writeFileSync(
    agentConfig,
    `receivers:\n  scrape:\n    jobs:\n      - { job: bench, intervalSeconds: 5, targets: ['${scraped}'] }\n`,
  );
  const agent = spawnCollector(['agent', '--config', agentConfig], {
    BINNACLE_GATEWAY_URL: binnacle.gatewayUrl,
    BINNACLE_AGENT_PORT: `${agentPort}`,
  });
  try {
    await until(agent, async () => (await fetch(`http://127.0.0.1:${agentPort}/healthz`)).ok);
    await new Promise((resolve) => setTimeout(resolve, settleSeconds * 1000));
    const before = processTree(binnacle.pid);
    const began = performance.now();
    await new Promise((resolve) => setTimeout(resolve, measureSeconds * 1000));
    const after = processTree(binnacle.pid);
    const wallSeconds = (performance.now() - began) / 1000;
    const cpuOf = (samples: typeof after) => samples.reduce((sum, sample) => sum + sample.cpuSeconds, 0);
    const roles = [...new Set(after.map((sample) => sample.role))].map((role) => ({
      role,
      processes: after.filter((sample) => sample.role === role).length,
      residentMegabytes: Math.round(
        after.filter((s) => s.role === role).reduce((sum, s) => sum + s.residentBytes, 0) / 1e6,
      ),
      cpuPercentOfACore: Number(
        (
          ((cpuOf(after.filter((s) => s.role === role)) - cpuOf(before.filter((s) => s.role === role))) / wallSeconds) *
          100
        ).toFixed(1),
      ),
    }));
    const agentMegabytes = Math.round((processTree(agent.pid as number)[0]?.residentBytes ?? 0) / 1e6);
    return {
      firstDataMs: Math.round(binnacle.firstDataMs),
      roles,
      allCpuPercentOfACore: Number((((cpuOf(after) - cpuOf(before)) / wallSeconds) * 100).toFixed(1)),
      agentResidentMegabytes: agentMegabytes,
    };
  } finally {
    agent.kill('SIGTERM');
    await binnacle.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
