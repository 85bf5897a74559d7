// npm run bench -- [footprint] [pages] [start] [sizing] [promql [options]] [ingest [options]]: all of them without an argument.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { arch, cpus, platform, totalmem } from 'node:os';
import { join } from 'node:path';
import { root } from './binnacle.ts';
import { footprint } from './footprint.ts';
import { ingest } from './ingest/ingest.ts';
import { pages } from './pages.ts';
import { promql } from './promql/promql.ts';
import { sizing } from './sizing.ts';
import { start } from './start.ts';

const benchmarks = { start, footprint, pages, sizing, promql, ingest } as const;
/** Those with parts: a part that was not run keeps its figures. */
const inParts = { promql, ingest } as const;
const args = process.argv.slice(2);
const firstOption = args.findIndex((argument) => argument.startsWith('-'));
const asked = firstOption < 0 ? args : args.slice(0, firstOption);
const options = firstOption < 0 ? [] : args.slice(firstOption);
const unknown = asked.filter((name) => !(name in benchmarks));
if (unknown.length > 0) {
  console.error(`no benchmark named ${unknown.join(', ')}; there are ${Object.keys(benchmarks).join(', ')}`);
  process.exit(1);
}
if (options.length > 0 && (asked.length !== 1 || !((asked[0] as string) in inParts))) {
  console.error('options belong to one benchmark, promql or ingest: npm run bench -- promql --help');
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
  if (name === 'promql' || name === 'ingest') {
    await runInParts(name);
    continue;
  }
  const result = await (measure as () => Promise<object>)();
  console.log(JSON.stringify(result, null, 2));
  write(name, result);
}
// Connections and servers that are left must not keep the program.
process.exit();

async function runInParts(name: keyof typeof inParts): Promise<void> {
  try {
    const result = await inParts[name](options);
    if (result === undefined) return;
    const file = join(root, `benchmarks/results/${name}.json`);
    const kept = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { result: object }).result : {};
    write(name, { ...kept, ...result });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

function write(name: string, result: object): void {
  mkdirSync(join(root, 'benchmarks/results'), { recursive: true });
  const file = join(root, `benchmarks/results/${name}.json`);
  writeFileSync(file, `${JSON.stringify({ machine, result }, null, 2)}\n`);
  // Results are committed, and the lint looks at them too.
  spawnSync(join(root, 'node_modules/.bin/biome'), ['format', '--write', file], { cwd: root, stdio: 'ignore' });
}
