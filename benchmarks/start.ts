import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startBinnacle } from './binnacle.ts';

/** Seconds from the start of an already built Binnacle until the demo's data can be seen: an empty directory, then again. */
export async function start() {
  const runs: { firstStartSeconds: number; secondStartSeconds: number }[] = [];
  for (let i = 0; i < 3; i++) {
    const directory = mkdtempSync(join(tmpdir(), 'binnacle-bench-'));
    const first = await startBinnacle(directory);
    await first.stop();
    const second = await startBinnacle(directory);
    await second.stop();
    runs.push({
      firstStartSeconds: Number((first.firstDataMs / 1000).toFixed(1)),
      secondStartSeconds: Number((second.firstDataMs / 1000).toFixed(1)),
    });
    rmSync(directory, { recursive: true, force: true });
  }
  return { runs };
}
