#!/usr/bin/env node
// The command `binnacle`. The collector is TypeScript that Node runs as it is, which takes Node 24 or newer; where this
// Node is older, the pinned one beside the packages is used.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const pinned = fileURLToPath(new URL('../../../node_modules/.bin/node', import.meta.url));
const needed = 24;

if (Number.parseInt(process.versions.node, 10) >= needed) {
  process.argv[1] = main;
  await import(main);
} else if (existsSync(pinned)) {
  const child = spawn(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
} else {
  console.error(`binnacle: Node ${needed} or newer is needed, this is ${process.versions.node}`);
  process.exit(1);
}
