// Makes the Prisma client in src/generated/prisma from prisma/schema.prisma, without the network, and only when the
// schema, Prisma's version or this script changed: their hash is kept beside the output.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(import.meta.url);
const room = path.dirname(path.dirname(here));
const prismaPackage = createRequire(import.meta.url).resolve('prisma/package.json');
const output = path.join(room, 'src/generated/prisma');
const stamp = path.join(output, '.made-from');

const hash = createHash('sha256');
for (const file of [path.join(room, 'prisma/schema.prisma'), prismaPackage, here]) hash.update(readFileSync(file));
const wanted = hash.digest('hex');

const upToDate =
  existsSync(path.join(output, 'client.ts')) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted;
if (!upToDate) {
  const cli = path.join(path.dirname(prismaPackage), 'build/index.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, 'generate'], {
    cwd: room,
    encoding: 'utf8',
    env: {
      ...process.env,
      // generate needs no engine, but downloads one unless this names some executable
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: '1',
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
    },
  });
  if (status !== 0) {
    process.stderr.write(`prisma generate failed:\n${stdout}${stderr}\n`);
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}
