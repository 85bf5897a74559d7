import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { Parcel, QueueRefusal } from '../parcel-queue.ts';
import { DiskSpool, type SpoolOptions } from './disk-spool.ts';
import { headerBytes } from './record-frame.ts';

const startMs = Date.UTC(2026, 0, 1);
let directory: string;
let now: number;
let refused: [QueueRefusal, number][];
let damage: [string, number, number | undefined][];
let expired: number;
let lines: string[];

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'binnacle-spool-'));
  now = startMs;
  refused = [];
  damage = [];
  expired = 0;
  lines = [];
  const made = directory;
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
});

async function open(changes: Partial<SpoolOptions> = {}): Promise<DiskSpool> {
  const spool = await DiskSpool.open({
    directory,
    kind: 'samples',
    maxBytes: 1024 * 1024,
    segmentBytes: 1000,
    syncMilliseconds: 0,
    maxAgeSeconds: 3600,
    now: () => now,
    log: pino({ level: 'info' }, { write: (line: string) => void lines.push(line) }),
    onRefused: (...told) => void refused.push(told),
    onDamage: (...told) => void damage.push(told),
    onExpired: (items) => {
      expired += items;
    },
    ...changes,
  });
  let closed: Promise<void> | undefined;
  const { close } = spool;
  spool.close = () => (closed ??= close.call(spool));
  onTestFinished(() => spool.close());
  return spool;
}

const parcel = (text: string): Parcel => ({ body: Buffer.from(text), items: 1, bufferedAtMs: now });
const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `request ${from + i} ${'x'.repeat(80)}`);

async function fill(spool: DiskSpool, texts: readonly string[]): Promise<void> {
  for (const text of texts) await spool.add([parcel(text)]);
}

async function drain(spool: DiskSpool): Promise<string[]> {
  const texts: string[] = [];
  for (let next = await spool.first(); next !== undefined; next = await spool.first()) {
    texts.push(Buffer.from(next.body).toString());
    await spool.drop();
  }
  return texts;
}

const segments = () =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.spool'))
    .sort();
const fileOf = (index: number) => path.join(directory, segments().at(index) as string);
function flip(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at] = (bytes[at] as number) ^ 0x10;
  writeFileSync(file, bytes);
}

describe('a spool on disk', () => {
  it('gives out in order what was put in, and deletes what was sent', async () => {
    const spool = await open();
    const texts = numbered(50);
    await fill(spool, texts);
    expect(segments().length).toBeGreaterThan(3);
    expect(spool.bytes).toBeGreaterThan(50 * 80);
    expect(spool.items).toBe(50);
    expect(await drain(spool)).toEqual(texts);
    expect([spool.bytes, spool.items, spool.oldestMs]).toEqual([0, 0, undefined]);
    expect(segments().length).toBeLessThanOrEqual(1);
  });

  it('goes on after a restart where the gateway had acknowledged', async () => {
    const texts = numbered(30);
    const first = await open();
    await fill(first, texts);
    for (let i = 0; i < 13; i++) {
      await first.first();
      await first.drop();
    }
    await first.close();
    const second = await open();
    expect(second.oldestMs).toBe(startMs);
    expect(second.items).toBeUndefined();
    await fill(second, numbered(5, 30));
    expect(await drain(second)).toEqual([...texts.slice(13), ...numbered(5, 30)]);
    expect(second.items).toBe(0);
    await second.close();
    expect(await drain(await open())).toEqual([]);
    expect(damage).toEqual([]);
  });

  it('sends again, rather than not at all, where the position is lost', async () => {
    const texts = numbered(5);
    const first = await open();
    await fill(first, texts);
    await first.first();
    await first.drop();
    await first.close();
    writeFileSync(path.join(directory, 'position'), 'nonsense');
    expect(await drain(await open())).toEqual(texts);
  });

  it('keeps all adds of one sync, or none, and takes many at once', async () => {
    const spool = await open({ syncMilliseconds: 5 });
    const texts = numbered(200);
    await Promise.all(texts.map((text) => spool.add([parcel(text)])));
    expect(await drain(spool)).toEqual(texts);
  });

  it('refuses over its bytes and takes up again when something was sent', async () => {
    const spool = await open({ maxBytes: 2000 });
    const taken: string[] = [];
    for (const text of numbered(30)) {
      const fault = await spool
        .add([parcel(text)])
        .catch((error: { code: string; retryAfterSeconds: number }) => error);
      if (fault === undefined) taken.push(text);
      else expect(fault).toMatchObject({ code: 'over_capacity', retryAfterSeconds: 15 });
    }
    expect(taken.length).toBeGreaterThan(10);
    expect(refused).toHaveLength(30 - taken.length);
    expect(refused[0]).toEqual(['full', 1]);
    const size = segments().reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
    expect(size).toBeLessThanOrEqual(2000);
    expect(await drain(spool)).toEqual(taken);
    await fill(spool, ['again']);
    expect(await drain(spool)).toEqual(['again']);
  });

  it('lets go of what waited too long, and says so once', async () => {
    const spool = await open();
    await fill(spool, numbered(20));
    now += 3_600_001;
    await fill(spool, ['young']);
    expect(await drain(spool)).toEqual(['young']);
    expect(expired).toBe(20);
    expect(lines.filter((line) => line.includes('agent.spool.maxAgeSeconds'))).toHaveLength(1);
  });
});

describe('a damaged spool', () => {
  const recordBytes = headerBytes + Buffer.byteLength(numbered(1)[0] as string);

  async function left(count: number): Promise<string[]> {
    const texts = numbered(count);
    const spool = await open({ segmentBytes: 1_000_000 });
    await fill(spool, texts);
    await spool.close();
    return texts;
  }

  it.each([1, headerBytes - 1, headerBytes, headerBytes + 40, recordBytes - 1])(
    'cuts off a tail torn after %i bytes, tells it, and keeps the rest',
    async (bytes) => {
      const texts = await left(9);
      const whole = readFileSync(fileOf(0));
      appendFileSync(fileOf(0), whole.subarray(0, bytes));
      const spool = await open();
      expect(statSync(fileOf(0)).size).toBe(whole.length);
      expect(damage).toEqual([['torn', bytes, undefined]]);
      expect(lines.join('')).toContain('cut off in the middle of a write');
      expect(await drain(spool)).toEqual(texts);
      expect(damage).toHaveLength(1);
    },
  );

  it('takes zeros that a power cut leaves for a torn tail', async () => {
    const texts = await left(3);
    appendFileSync(fileOf(0), Buffer.alloc(5000));
    const spool = await open();
    expect(damage).toEqual([['torn', 5000, undefined]]);
    expect(await drain(spool)).toEqual(texts);
  });

  it.each([
    ['the payload', headerBytes + 10, 'checksum', 1],
    ['the magic', 0, 'header', undefined],
    ['the kind', 5, 'header', undefined],
    ['the length', 13, 'header', undefined],
    ['the checksum of the header', 30, 'header', undefined],
  ])(
    'leaves out one record with a flipped bit in %s, counts it, and keeps all others',
    async (_, at, reason, items) => {
      const texts = await left(9);
      flip(fileOf(0), 4 * recordBytes + at);
      const spool = await open();
      expect(await drain(spool)).toEqual(texts.filter((text) => text !== texts[4]));
      expect(damage).toEqual([[reason, recordBytes, items]]);
      expect(lines.join('')).toMatch(/damaged stretch of the spool of samples is left out/);
    },
  );

  it('finds every whole record, whichever byte is flipped', async () => {
    const texts = await left(3);
    const whole = readFileSync(fileOf(0));
    for (let at = 0; at < whole.length; at++) {
      for (const name of segments()) rmSync(path.join(directory, name));
      rmSync(path.join(directory, 'position'));
      writeFileSync(path.join(directory, '0000000000000001.spool'), whole);
      flip(fileOf(0), at);
      const spool = await open();
      const hit = Math.floor(at / recordBytes);
      expect(await drain(spool)).toEqual(texts.filter((_, i) => i !== hit));
      await spool.close();
    }
    expect(damage).toHaveLength(whole.length);
  });

  it('finds what follows a stretch of noise longer than it reads at once', async () => {
    const texts = await left(2);
    const whole = readFileSync(fileOf(0));
    const noise = Buffer.alloc(700_001, 0x9e);
    writeFileSync(fileOf(0), Buffer.concat([whole.subarray(0, recordBytes), noise, whole.subarray(recordBytes)]));
    const spool = await open();
    expect(await drain(spool)).toEqual(texts);
    expect(damage).toEqual([['header', noise.length, undefined]]);
  });

  it('goes on with the next segment where one was taken away', async () => {
    const spool = await open({ segmentBytes: 300 });
    const texts = numbered(9);
    await fill(spool, texts);
    await spool.close();
    const again = await open();
    rmSync(fileOf(1));
    expect((await drain(again)).length).toBeLessThan(texts.length);
    expect(damage.map(([reason]) => reason)).toEqual(['unreadable']);
  });

  it('does not send what a later version wrote, and does not take it for noise', async () => {
    const records = await open({ kind: 'records' });
    await records.add([parcel('json')]);
    await records.close();
    const spool = await open();
    expect(await drain(spool)).toEqual([]);
    expect(damage).toEqual([['unknown_kind', headerBytes + 4, 1]]);
  });
});

const mayMount = process.platform === 'linux' && process.getuid?.() === 0;

describe.skipIf(!mayMount)('a spool on a full disk (needs root, to mount a small tmpfs)', () => {
  it('refuses with over_capacity, loses nothing that it took, and takes up again', async (context) => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', directory]);
    if (mounted.status !== 0) return context.skip('this machine does not let its root mount a tmpfs');
    onTestFinished(() => void spawnSync('umount', ['-l', directory]));
    const spool = await open({ segmentBytes: 64 * 1024 });
    const texts = Array.from({ length: 60 }, (_, i) => `${i} ${'y'.repeat(10_000)}`);
    const taken: string[] = [];
    for (const text of texts) {
      const fault = await spool
        .add([parcel(text)])
        .catch((error: { code: string; retryAfterSeconds: number }) => error);
      if (fault === undefined) taken.push(text);
      else
        expect(fault).toMatchObject({
          code: 'over_capacity',
          retryAfterSeconds: 15,
          message: /disk of the spool is full/,
        });
    }
    expect(taken.length).toBeGreaterThan(15);
    expect(taken.length).toBeLessThan(30);
    expect(refused.every(([why]) => why === 'disk_full')).toBe(true);
    expect(lines.filter((line) => line.includes('cannot be written'))).toHaveLength(1);
    const sent: string[] = [];
    for (let i = 0; i < 12; i++) {
      sent.push(Buffer.from((await spool.first())?.body ?? []).toString());
      await spool.drop();
    }
    await fill(spool, ['room again']);
    expect(lines.join('')).toContain('is written again');
    expect([...sent, ...(await drain(spool))]).toEqual([...taken, 'room again']);
    await spool.close();
    expect(existsSync(directory)).toBe(true);
  });
});
