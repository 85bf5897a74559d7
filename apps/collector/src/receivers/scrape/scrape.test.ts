import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { untilSources } from '../contract/harness.ts';
import { openDoor, type RunningReceiver } from '../contract/push-door.ts';
import { describeReceiverContract } from '../contract/suite.ts';
import { scrape } from './index.ts';
import { answer, TestExporter } from './test-exporter.ts';

const intervalSeconds = 0.1;

describeReceiverContract(scrape, {
  kind: 'pull',
  minimalConfig: { jobs: [{ job: 'j', targets: ['127.0.0.1:9'] }] },
  placeOfFault: /line 2: the value "oops" is not a number/,
  async open() {
    const exporter = await TestExporter.open('a{x="1"} 1\n');
    const broken = await TestExporter.open('a 1\nb oops\n');
    const gone = await TestExporter.open('');
    await gone.close();
    const directory = await temporary();
    await writeFile(join(directory, 'token'), 'very-secret\n');
    const job = { job: 'test', labels: { cluster: 'c1' }, intervalSeconds, tokenFile: join(directory, 'token') };
    return {
      config: { jobs: [{ ...job, targets: [exporter.host] }] },
      awayConfig: { jobs: [{ ...job, targets: [gone.host] }] },
      malformedConfig: { jobs: [{ ...job, targets: [broken.host] }] },
      labels: { job: 'test', instance: exporter.host, cluster: 'c1' },
      family: 'a',
      secrets: ['very-secret'],
      close: async () => {},
    };
  },
});

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'binnacle-scrape-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A receiver with one job; the job's options are as in the YAML file. */
const open = (job: object): Promise<RunningReceiver> =>
  openDoor(scrape, { jobs: [{ job: 'j', intervalSeconds, ...job }] });
const stateOf = (door: RunningReceiver) => door.receiver.sources()[0];
const lastOf = (door: RunningReceiver, name: string) => door.sink.find({ __name__: name }).at(-1);

describe('a target', () => {
  it('gives its samples, `up`, and what the scrape took', async () => {
    const exporter = await TestExporter.open('# TYPE a counter\na 1\na{x="2"} 2\n');
    const door = await open({ targets: [{ address: exporter.host, instance: 'named', labels: { rack: 'r1' } }] });
    expect(await door.sink.waitFor({ __name__: 'a', x: '2' })).toMatchObject({
      value: 2,
      source: 'j/named',
      labels: { job: 'j', instance: 'named', rack: 'r1' },
    });
    expect(lastOf(door, 'up')).toMatchObject({ value: 1, labels: { rack: 'r1' } });
    expect(lastOf(door, 'scrape_samples_scraped')?.value).toBe(2);
    expect(lastOf(door, 'scrape_duration_seconds')?.value).toBeGreaterThan(0);
    expect(door.sink.metadata).toContainEqual({ family: 'a', type: 'counter', help: '', unit: '' });
    const { accept, 'accept-encoding': encoding } = exporter.requests[0]?.headers ?? {};
    expect([accept, encoding]).toEqual([expect.stringContaining('application/openmetrics-text'), 'gzip']);
  });

  it('is read in gzip and in OpenMetrics', async () => {
    const exporter = await TestExporter.open(
      answer(gzipSync('# TYPE r counter\nr_total 5 # {t="x"} 1\n# EOF\n'), {
        'content-encoding': 'gzip',
        'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      }),
    );
    const door = await open({ targets: [exporter.host] });
    expect((await door.sink.waitFor({ __name__: 'r_total' })).value).toBe(5);
  });

  it('keeps timestamps of the exposition, or does not', async () => {
    const exporter = await TestExporter.open('a 1 1628683905941\n');
    const door = await open({ targets: [exporter.host] });
    expect((await door.sink.waitFor({ __name__: 'a' })).timestampMs).toBe(1_628_683_905_941);
    const other = await open({ targets: [exporter.host], honorTimestamps: false });
    expect((await other.sink.waitFor({ __name__: 'a' })).timestampMs).toBeGreaterThan(1_700_000_000_000);
  });

  it('marks series stale that vanish, and takes them back', async () => {
    const exporter = await TestExporter.open('a 1\nb 2\n');
    const door = await open({ targets: [exporter.host] });
    await door.sink.waitFor({ __name__: 'b' });
    exporter.handler = answer('a 1\n');
    await door.sink.until(() => lastOf(door, 'b')?.stale === true);
    expect(lastOf(door, 'a')?.stale).toBe(false);
    const stale = door.sink.find({ __name__: 'b' }).filter((sample) => sample.stale).length;
    await door.sink.waitFor({ __name__: 'a' }, door.sink.samples.length);
    expect(door.sink.find({ __name__: 'b' }).filter((sample) => sample.stale).length).toBe(stale);
    exporter.handler = answer('a 1\nb 3\n');
    await door.sink.until(() => lastOf(door, 'b')?.value === 3);
    expect(door.sink.faults).toEqual([]);
  });

  it('that dies has `up` 0 and stale markers for all it had, and comes back', async () => {
    const exporter = await TestExporter.open('a 1\nb 2\n');
    const door = await open({ targets: [exporter.host] });
    await door.sink.waitFor({ __name__: 'b' });
    exporter.handler = (_request, response) => response.writeHead(500).end();
    await door.sink.until(() => lastOf(door, 'up')?.value === 0);
    expect([lastOf(door, 'a')?.stale, lastOf(door, 'b')?.stale]).toEqual([true, true]);
    expect(lastOf(door, 'scrape_samples_scraped')?.value).toBe(0);
    expect(
      (
        await untilSources(
          () => door.receiver.sources(),
          (all) => all[0]?.state === 'down',
        )
      )[0]?.lastError,
    ).toMatch(/answers 500/);
    exporter.handler = answer('a 1\n');
    await door.sink.until(() => lastOf(door, 'up')?.value === 1);
  });

  it('keeps stale markers for the next round when the store was full', async () => {
    const exporter = await TestExporter.open('a 1\nb 2\n');
    const door = await open({ targets: [exporter.host] });
    await door.sink.waitFor({ __name__: 'b' });
    door.sink.failNext(new BinnacleError('over_capacity', 'full'), 2);
    exporter.handler = answer('a 1\n');
    await door.sink.until(() => door.sink.turnedAway === 2);
    await door.sink.until(() => lastOf(door, 'b')?.stale === true);
  });

  it.each([
    [
      'hangs',
      (_: unknown, response: { flushHeaders(): void }) => response.flushHeaders(),
      /no complete answer within 0.1 s/,
    ],
    [
      'drips',
      (_: unknown, response: NodeJS.WritableStream) => void response.write('a 1\n'),
      /no complete answer within/,
    ],
    ['breaks off', (_: unknown, response: { socket: { destroy(): void } }) => response.socket.destroy(), /broke off/],
    [
      'redirects',
      (_: unknown, response: { writeHead(status: number, headers: object): { end(): void } }) =>
        response.writeHead(302, { location: '/' }).end(),
      /redirect \(302\)/,
    ],
    [
      'wants a password',
      (_: unknown, response: { writeHead(status: number): { end(): void } }) => response.writeHead(401).end(),
      /answers 401; check tokenFile/,
    ],
    ['sends a page', answer('<!doctype html>', { 'content-type': 'text/html' }), /line 1: a metric name was expected/],
    ['sends too much', answer(Buffer.alloc(5000, '\n')), /more than 2000 bytes \(bodyLimitBytes\)/],
    [
      'sends a bomb',
      answer(gzipSync(Buffer.alloc(100_000, '\n')), { 'content-encoding': 'gzip' }),
      /more than 2000 bytes/,
    ],
    ['lies about gzip', answer('a 1\n', { 'content-encoding': 'gzip' }), /says that its answer is gzip/],
    ['has too many samples', answer('a 1\nb 1\nc 1\nd 1\n'), /more than 3 samples \(sampleLimit\)/],
  ])('that %s is down, and does not disturb its neighbour', async (_, handler, message) => {
    const bad = await TestExporter.open(handler as never);
    const good = await TestExporter.open('fine 1\n');
    const door = await open({ targets: [bad.host, good.host], bodyLimitBytes: 2000, sampleLimit: 3 });
    const [status] = await untilSources(
      () => door.receiver.sources(),
      (all) => all[0]?.state === 'down',
    );
    expect(status?.lastError).toMatch(message);
    await door.sink.waitFor({ __name__: 'up', instance: bad.host });
    expect(door.sink.find({ __name__: 'up', instance: bad.host })[0]?.value).toBe(0);
    const rounds = door.sink.find({ __name__: 'fine' }).length;
    await door.sink.until(() => door.sink.find({ __name__: 'fine' }).length >= rounds + 3);
    await untilSources(
      () => door.receiver.sources(),
      (all) => all[1]?.state === 'up',
    );
    expect(door.sink.faults).toEqual([]);
  });

  it('shows a token or a password to nobody but the target', async () => {
    const directory = await temporary();
    await writeFile(join(directory, 'secret'), 's3cret\n');
    const exporter = await TestExporter.open('a 1\n');
    const bearer = await open({ targets: [exporter.host], tokenFile: join(directory, 'secret') });
    await bearer.sink.waitFor({ __name__: 'a' });
    expect(exporter.requests.at(-1)?.headers.authorization).toBe('Bearer s3cret');
    await bearer.stop();
    const basic = await open({
      targets: [exporter.host],
      basicAuth: { username: 'u', passwordFile: join(directory, 'secret') },
    });
    await basic.sink.waitFor({ __name__: 'a' });
    expect(exporter.requests.at(-1)?.headers.authorization).toBe(`Basic ${Buffer.from('u:s3cret').toString('base64')}`);
    const none = await open({ targets: [exporter.host], tokenFile: join(directory, 'nowhere') });
    expect(
      (
        await untilSources(
          () => none.receiver.sources(),
          (all) => all[0]?.state === 'down',
        )
      )[0]?.lastError,
    ).toMatch(/nowhere cannot be read/);
  });

  it('loses what metricDrop names, and does not pass its own `up` off as ours', async () => {
    const exporter = await TestExporter.open('go_info 1\ngo 2\nup 0\nup{job="other"} 0\n');
    const door = await open({ targets: [exporter.host], metricDrop: ['go_.*', 'x'] });
    await door.sink.waitFor({ __name__: 'go' });
    expect(door.sink.find({ __name__: 'go_info' })).toEqual([]);
    expect(door.sink.find({ __name__: 'up' }).map(({ value, labels }) => [value, labels.exported_job])).toEqual(
      expect.arrayContaining([
        [1, undefined],
        [0, 'other'],
      ]),
    );
    expect(
      door.sink.find({ __name__: 'up' }).some(({ value, labels }) => value === 0 && labels.exported_job === undefined),
    ).toBe(false);
  });

  it('says why samples were refused', async () => {
    const exporter = await TestExporter.open('a 1\n');
    const door = await open({ targets: [exporter.host] });
    door.sink.refuse((labels) => (labels.metricName === 'a' ? 'too_many_series' : undefined));
    await untilSources(
      () => door.receiver.sources(),
      (all) => /1 samples were refused: too_many_series \(1\)/.test(all[0]?.lastError ?? ''),
    );
    expect(stateOf(door)?.state).toBe('up');
  });
});

describe('file_sd', () => {
  it('follows a file, keeps the last good list of a broken one, and marks what a removed target had', async () => {
    const directory = await temporary();
    const path = join(directory, 'targets.json');
    const write = async (content: string) => {
      await writeFile(`${path}.new`, content);
      await rename(`${path}.new`, path);
    };
    const one = await TestExporter.open('one 1\n');
    const two = await TestExporter.open('two 2\n');
    const door = await open({ fileSd: [path] });
    await untilSources(
      () => door.receiver.sources(),
      (all) => /is not there/.test(all[0]?.lastError ?? ''),
    );
    await write(JSON.stringify([{ targets: [one.host], labels: { rack: 'r1', __metrics_path__: '/x' } }]));
    expect((await door.sink.waitFor({ __name__: 'one' })).labels).toMatchObject({ instance: one.host, rack: 'r1' });
    expect(one.requests.at(-1)?.url).toBe('/x');
    await write('[{');
    const sources = await untilSources(
      () => door.receiver.sources(),
      (all) => all.some((source) => source.source.includes('targets.json')),
    );
    expect(sources.map((source) => source.lastError).join()).toMatch(
      /is not valid JSON.*its last good list of 1 targets is used/,
    );
    await door.sink.waitFor({ __name__: 'one' }, door.sink.samples.length);
    await write(JSON.stringify([{ targets: [two.host] }]));
    await door.sink.waitFor({ __name__: 'two' });
    await door.sink.until(() => lastOf(door, 'one')?.stale === true);
    await door.sink.until(() => door.sink.find({ __name__: 'up', instance: one.host }).at(-1)?.stale === true);
    expect(door.receiver.sources().map((source) => source.source)).toEqual([`j/${two.host}`]);
  });

  it('reads YAML and patterns, and names what is wrong', async () => {
    const directory = await temporary();
    const exporter = await TestExporter.open('a 1\n');
    await writeFile(join(directory, 'a.yml'), `- targets: ['${exporter.host}', '${exporter.host}', 'ftp://x']\n`);
    await writeFile(join(directory, 'b.yml'), '- target: [x]\n');
    await writeFile(join(directory, 'c.txt'), 'not read');
    const door = await open({ fileSd: [join(directory, '*.yml')] });
    await door.sink.waitFor({ __name__: 'a' });
    const errors = door.receiver.sources().map((source) => source.lastError ?? '');
    expect(errors).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/b\.yml: 0/),
        expect.stringMatching(/a\.yml: .*is there already/),
        expect.stringMatching(/ftp:.*cannot be scraped/),
      ]),
    );
  });
});

describe('configuration', () => {
  it.each([
    [{ jobs: [{ targets: ['a:1'] }] }, /required where there is no preset/],
    [{ jobs: [{ job: 'j', targets: ['http://user:pass@a:1'] }] }, /no user name or password/],
    [{ jobs: [{ job: 'j', targets: ['a:1', 'http://a:1/other'] }] }, /give it another instance/],
    [{ jobs: [{ job: 'j', targets: ['a b'] }] }, /neither host:port nor a URL/],
    [{ jobs: [{ job: 'j', targets: ['a/b'] }] }, /neither host:port nor a URL/],
    [{ jobs: [{ job: 'j', metricDrop: ['('] }] }, /a regular expression/],
    [{ jobs: [{ preset: 'dcgm' }] }, /dcgm-exporter/],
    [{ jobs: [{ job: 'j', fileSd: ['/etc/*/x.json'] }] }, /file name only/],
    [
      { jobs: [{ job: 'j', tokenFile: 't', basicAuth: { username: 'u', passwordFile: 'p' } }] },
      /either this or tokenFile/,
    ],
    [{ jobs: [{ job: 'j', labels: { __x: '1' } }] }, /reserved/],
  ])('refuses %j', (config, message) => {
    expect(JSON.stringify(scrape.config.safeParse(config).error?.issues)).toMatch(message);
  });

  it('fills in defaults', () => {
    expect(
      scrape.config.parse({ jobs: [{ preset: 'vllm', targets: ['a:8000'], intervalSeconds: 5 }] }).jobs[0],
    ).toMatchObject({
      job: 'vllm',
      path: '/metrics',
      intervalSeconds: 5,
      timeoutSeconds: 5,
      honorLabels: false,
      sampleLimit: 50_000,
    });
  });
});
