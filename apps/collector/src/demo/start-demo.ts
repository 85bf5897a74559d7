import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { DemoClock } from './clock.ts';
import { fillIfEmpty } from './history/fill-if-empty.ts';
import { InspectorFiles } from './inspector-files.ts';
import { ncclTestOutput } from './nccl-test-output.ts';
import { demoReceivers } from './receivers-config.ts';
import { stepMs } from './scenario.ts';
import { demoServer } from './server.ts';
import { createSimulator, type Simulator } from './simulator.ts';
import { SysfsTree } from './sysfs-tree.ts';
import { TrainerPush } from './trainer-push.ts';

export interface DemoOptions {
  /** Port on loopback; 0 lets the system choose (tests). */
  readonly port: number;
  /** Folder for the demo's own files; nobody else's. */
  readonly dataDir: string;
  readonly log: Logger;
  /** ms since 1970; tests hand in their own. */
  readonly now?: () => number;
  /** Where the trainer pushes its step metrics to, and the past hour goes when the gateway has none. Without it, neither. */
  readonly gatewayUrl?: string;
  /** Key for the gateway, with the scope write. */
  readonly apiKey?: string;
}

export interface Demo {
  readonly port: number;
  /** Base URL of everything that the demo serves. */
  readonly url: string;
  readonly simulator: Simulator;
  /** The `receivers:` object that reads this demo. */
  receiversConfig(): Record<string, unknown>;
  /** Ends server, sessions and timers. Files stay. */
  stop(): Promise<void>;
}

/** A demo that stopped less than this ago goes on in a store that remembers it: its counters begin anew. */
const restartWithinMs = 65 * 60_000;

/**
 * Starts the demo cluster. Throws `conflict` when the port is taken, and what the file system says when the data
 * directory cannot be written.
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const { log, now = Date.now } = options;
  const folder = options.dataDir;
  mkdirSync(folder, { recursive: true });
  const aliveFile = join(folder, 'alive');
  const clock = new DemoClock(now(), { restarted: now() - readAlive(aliveFile) < restartWithinMs });
  const simulator = createSimulator(clock, now);

  const server = demoServer(simulator, now, log);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(
        taken
          ? new BinnacleError(
              'conflict',
              `Port ${options.port} is taken: end the other program or set BINNACLE_DEMO_PORT.`,
              { cause: error },
            )
          : error,
      );
    });
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  const sysfs = new SysfsTree(join(folder, 'sysfs'));
  const inspector = new InspectorFiles(join(folder, 'nccl-inspector'), clock);
  const ncclTestFile = join(folder, 'nccl-tests-64gpu.txt');
  writeFileSync(ncclTestFile, ncclTestOutput());
  const trainer =
    options.gatewayUrl === undefined
      ? undefined
      : new TrainerPush({ gatewayUrl: options.gatewayUrl, apiKey: options.apiKey, log });

  const tick = async (): Promise<void> => {
    const atMs = now();
    sysfs.write(simulator.fabric, atMs);
    inspector.append(atMs);
    writeFileSync(aliveFile, String(atMs));
    await Promise.all([simulator.mcp.tick(), trainer?.push(clock, atMs)]);
  };
  let ticking = tick();
  try {
    await ticking;
  } catch (error) {
    server.close();
    throw error;
  }
  const timer = setInterval(() => {
    ticking = ticking.then(tick).catch((error: unknown) => log.error({ err: error }, 'a step of the demo failed'));
  }, stepMs);

  const stopping = new AbortController();
  const door =
    options.gatewayUrl === undefined
      ? undefined
      : { gatewayUrl: options.gatewayUrl, apiKey: options.apiKey, signal: stopping.signal };
  const backfill = door === undefined ? undefined : fillIfEmpty(clock, url, door, log);

  return {
    port,
    url,
    simulator,
    receiversConfig: () =>
      demoReceivers({
        url,
        sysfsRootOf: (node) => sysfs.rootOf(node),
        inspectorFolder: inspector.folder,
        ncclTestFile,
      }),
    async stop() {
      clearInterval(timer);
      stopping.abort();
      trainer?.stop();
      await Promise.all([ticking, backfill]);
      await simulator.mcp.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** When a demo last ran on this data directory; -Infinity when none did. */
function readAlive(file: string): number {
  try {
    const atMs = Number(readFileSync(file, 'utf8'));
    return Number.isFinite(atMs) ? atMs : Number.NEGATIVE_INFINITY;
  } catch {
    return Number.NEGATIVE_INFINITY;
  }
}
