import { readdirSync, readFileSync } from 'node:fs';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { describe, expect, it } from 'vitest';
import { receiverNames } from '../receivers/registry.ts';
import { parseConfig, readConfig } from './config-file.ts';

const testdata = new URL('testdata/', import.meta.url);
const files = readdirSync(testdata).filter((name) => name.endsWith('.bad.yml'));

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BinnacleError);
  expect((error as BinnacleError).code).toBe('bad_config');
  return (error as BinnacleError).message;
}

describe('a config file with a fault is refused with the place and what is allowed', () => {
  it.each(files)('%s', async (name) => {
    const text = readFileSync(new URL(name, testdata), 'utf8');
    const expected = readFileSync(new URL(name.replace('.bad.yml', '.message.txt'), testdata), 'utf8')
      .trimEnd()
      .replace('{receivers}', receiverNames.join(', '));
    expect(await refusal(parseConfig(text, name, {}))).toBe(expected);
  });

  it('a file that is not there', async () => {
    expect(await refusal(readConfig('/no/such/binnacle.yaml'))).toBe('/no/such/binnacle.yaml: there is no such file');
  });
});

describe('a good config file', () => {
  it('that is empty gets every default', async () => {
    const { config, definitions } = await parseConfig('# nothing yet\n', 'binnacle.yaml', {});
    expect(config.limits.labelsPerSeries).toBe(64);
    expect(config.receivers).toEqual({});
    expect(definitions).toEqual([]);
  });

  it('loads only the receivers that it names', async () => {
    const { config, definitions } = await parseConfig(
      'receivers:\n  infiniband:\n    roots: [{root: /sys, hostname: a}]\n',
      'binnacle.yaml',
      {},
    );
    expect(definitions.map((definition) => definition.name)).toEqual(['infiniband']);
    expect(config.receivers).toMatchObject({ infiniband: { roots: [{ root: '/sys', hostname: 'a' }] } });
  });

  it('takes secrets from the environment, as text, and never as YAML', async () => {
    const text = `agent:\n  apiKey: \${KEY}\n  host: "$\${KEY}"\n`;
    const { config } = await parseConfig(text, 'binnacle.yaml', { KEY: 'bnk_1: {a}\nlog: {level: debug}' });
    expect(config.agent.apiKey).toBe('bnk_1: {a}\nlog: {level: debug}');
    expect(config.agent.host).toBe(`\${KEY}`);
    expect(config.log.level).toBeUndefined();
  });
});
