import { BinnacleError } from '@binnacle/shared/errors.ts';
import { pino } from 'pino';
import { afterEach, expect, it } from 'vitest';
import { type DiskSpace, DiskWatch, defaultFloor } from './disk-watch.ts';

const gibibyte = 2 ** 30;
let watch: DiskWatch | undefined;
afterEach(() => watch?.stop());

/** A watch over a disk of 100 bytes whose free space the test sets, with the lines that it logs. */
async function watched(free: number, minFreeBytes: number | undefined = 20) {
  const lines: { level: number; msg: string }[] = [];
  const disk: { space: DiskSpace | Error } = { space: { free, size: 100 } };
  const spaceOf = async () => {
    if (disk.space instanceof Error) throw disk.space;
    return disk.space;
  };
  const log = pino({}, { write: (line) => void lines.push(JSON.parse(line)) });
  watch = await DiskWatch.start({ folder: '/', minFreeBytes, log, spaceOf, intervalMs: 1e6 });
  const set = async (bytes: number | Error) => {
    disk.space = bytes instanceof Error ? bytes : { free: bytes, size: 100 };
    await watch?.check();
  };
  return { watch, lines, set };
}

it('refuses below the floor, and takes up again a quarter above it', async () => {
  const { watch, lines, set } = await watched(20);
  const refusing: boolean[] = [];
  for (const free of [19, 20, 24, 25, 24, 20, 19, 25]) {
    await set(free);
    refusing.push(watch.problem() !== undefined);
  }
  expect(refusing).toEqual([true, true, true, false, false, false, true, false]);
  expect(lines.map(({ level }) => level)).toEqual([50, 30, 50, 30]);
});

it('a gateway that starts on a full disk takes nothing in', async () => {
  const { watch } = await watched(1);
  expect(() => watch.ensureRoom()).toThrow(
    expect.objectContaining({ code: 'disk_full', status: 503, retryAfterSeconds: 30 }),
  );
  let written = 0;
  const write = watch.guard(async (n: number) => {
    written += n;
  });
  await expect(write(1)).rejects.toMatchObject({ code: 'disk_full' });
  expect(written).toBe(0);
});

it('learns from a write that met the end of the disk', async () => {
  const { watch, set } = await watched(50);
  const write = watch.guard(async () => {
    void set(5);
    throw new BinnacleError('disk_full', 'full');
  });
  await expect(write()).rejects.toMatchObject({ code: 'disk_full' });
  await expect.poll(() => watch.problem()).toBeDefined();
});

it('what cannot be read changes nothing, and is said once', async () => {
  for (const [free, refused] of [
    [10, true],
    [50, false],
  ] as const) {
    const { watch, lines, set } = await watched(free);
    const before = lines.length;
    await set(new Error('gone'));
    await set(new Error('gone'));
    expect(watch.problem() !== undefined).toBe(refused);
    expect(lines).toHaveLength(before + 1);
    watch.stop();
  }
});

it('keeps two hundredths of the disk free, and no less than 1 GiB nor more than 20 GiB', () => {
  const floors = [4, 100, 1000, 100_000].map((size) => defaultFloor(size * gibibyte) / gibibyte);
  expect(floors).toEqual([1, 2, 20, 20]);
});
