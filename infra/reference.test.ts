import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseConfig } from '../apps/collector/src/config/config-file.ts';
import { referencePages } from './scripts/generate-reference.ts';
import { optionsOf } from './scripts/reference-options.ts';

const house = new URL('../', import.meta.url);
const pages = await referencePages();

describe('the reference says what the code does', () => {
  it.each(pages)('$file', ({ file, text }) => {
    const place = new URL(file, house);
    const written = existsSync(place) ? readFileSync(place, 'utf8') : '';
    expect(written, `${file} differs from the code: run \`npm run reference\` and commit what it writes`).toBe(text);
  });

  it('has every receiver, door and error', () => {
    const text = pages
      .filter(({ file }) => file.startsWith('docs/reference/'))
      .map((page) => page.text)
      .join('\n');
    for (const word of ['receivers.nccl', '/api/v1/write', '/api/v1/query_range', 'state_unavailable'])
      expect(text).toContain(word);
    expect(text).not.toContain('undefined');
  });
});

it('reads options of maps in lists, defaults and bounds off a schema', () => {
  const schema = z.strictObject({
    jobs: z
      .array(z.union([z.string(), z.strictObject({ name: z.string().describe('Who.') })]))
      .min(1)
      .describe('Work.'),
    retries: z.int().min(0).max(9).default(3).describe('How often.'),
    mode: z.enum(['a', 'b']).optional().describe('Which.'),
    seconds: z.number().positive().default(1.5).describe('How long.'),
  });
  expect(optionsOf(schema)).toEqual([
    { path: 'jobs', type: 'list of text or map', standard: 'required', description: 'Work.' },
    { path: 'jobs[].name', type: 'text', standard: 'required', description: 'Who.' },
    { path: 'retries', type: 'whole number, 0 to 9', standard: '3', description: 'How often.' },
    { path: 'mode', type: '`a`, `b`', standard: '', description: 'Which.' },
    { path: 'seconds', type: 'number above 0', standard: '1.5', description: 'How long.' },
  ]);
});

describe('what the guides show is valid', () => {
  const guides = ['README.md', 'docs/sources.md', 'docs/agents.md', 'docs/operations.md', 'docs/alerts.md'];
  const blocks = guides.flatMap((file) =>
    [...readFileSync(new URL(file, house), 'utf8').matchAll(/```yaml\n([\s\S]*?)```/g)]
      .map((match, at) => ({ file, at: at + 1, text: match[1] as string }))
      // Others' files, such as prometheus.yml, are theirs to check.
      .filter(({ text }) => /^(receivers|limits|gateway|agent|log):/m.test(text)),
  );

  it('has examples to check', () => expect(blocks.length).toBeGreaterThan(10));

  it.each(blocks)('$file, YAML block $at', async ({ file, text }) => {
    const { definitions } = await parseConfig(text, file, { BINNACLE_API_KEY: 'a key' });
    expect(definitions.length).toBeGreaterThan(0);
  });

  it.each([...guides, 'docs/README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md'])('%s links to what is there', (file) => {
    const from = new URL(file, house);
    const links = [...readFileSync(from, 'utf8').matchAll(/\]\((?!https?:|#)([^)#\s]+)(#[^)]*)?\)/g)];
    const missing = links.map(([, place]) => place as string).filter((place) => !existsSync(new URL(place, from)));
    expect(missing).toEqual([]);
  });
});
