import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { writeGeneratedConfig } from './generated-config.ts';

it('joins the sources of the user and the demo, and leaves variables unexpanded', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'binnacle-config-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const user = path.join(folder, 'binnacle.yaml');
  await writeFile(
    user,
    `gateway:\n  externalUrl: \${BINNACLE_TEST_URL}\nreceivers:\n  infiniband:\n    roots: [{root: /a, hostname: a}]\n`,
  );
  process.env.BINNACLE_TEST_URL = 'https://binnacle.example';
  onTestFinished(() => void delete process.env.BINNACLE_TEST_URL);
  const file = await writeGeneratedConfig(folder, user, [
    { infiniband: { roots: [{ root: '/b', hostname: 'b' }] } },
    { 'remote-write': {} },
  ]);
  expect(parse(await readFile(file, 'utf8'))).toEqual({
    gateway: { externalUrl: `\${BINNACLE_TEST_URL}` },
    receivers: {
      infiniband: {
        roots: [
          { root: '/a', hostname: 'a' },
          { root: '/b', hostname: 'b' },
        ],
      },
      'remote-write': {},
    },
  });
  expect((await stat(file)).mode & 0o077).toBe(0);
});
