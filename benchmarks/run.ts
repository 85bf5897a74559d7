// npm run bench -- [footprint] [pages] [start]: all of them without an argument.
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from './binnacle.ts';
import { footprint } from './footprint.ts';
import { pages } from './pages.ts';
import { start } from './start.ts';

const benchmarks = { start, footprint, pages } as const;
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(`no benchmark named ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`);
  process.exit(1);
}
const machine = {
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  memoryGigabytes: Math.round(totalmem() / 1e9),
  platform: platform(),
  arch: arch(),
  node: process.version,
};
for (const [name, measure] of Object.entries(benchmarks)) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  console.log(`\n── ${name}`);
  const result = await measure();
  console.log(JSON.stringify(result, null, 2));
  mkdirSync(join(root, 'benchmarks/results'), { recursive: true });
  writeFileSync(join(root, `benchmarks/results/${name}.json`), `${JSON.stringify({ machine, result }, null, 2)}\n`);
}
