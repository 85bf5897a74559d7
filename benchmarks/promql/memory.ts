import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

export interface MemoryPeak {
  /** Resident before the work, bytes. */
  readonly baseBytes: number;
  /** Most that was resident during it, bytes. */
  readonly peakBytes: number;
}

const sampleMs = 20;

/**
 * Resident memory of a process while the work runs. Linux only: elsewhere undefined, and the work runs all the same. The
 * kernel's own high-water mark is set back first where this user may do that, so that no peak hides between samples.
 */
export async function memoryDuring<Result>(
  pid: number,
  work: () => Promise<Result>,
): Promise<{ result: Result; memory: MemoryPeak | undefined }> {
  const baseBytes = statusBytes(pid, 'VmRSS');
  if (baseBytes === undefined) return { result: await work(), memory: undefined };
  const highWaterIsOurs = setHighWaterBack(pid);
  let peakBytes = baseBytes;
  const done = new AbortController();
  const sampling = (async () => {
    while (!done.signal.aborted) {
      peakBytes = Math.max(peakBytes, statusBytes(pid, 'VmRSS') ?? 0);
      await delay(sampleMs);
    }
  })();
  try {
    const result = await work();
    if (highWaterIsOurs) peakBytes = Math.max(peakBytes, statusBytes(pid, 'VmHWM') ?? 0);
    return { result, memory: { baseBytes, peakBytes } };
  } finally {
    done.abort();
    await sampling;
  }
}

function setHighWaterBack(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
}

function statusBytes(pid: number, field: 'VmRSS' | 'VmHWM'): number | undefined {
  try {
    const kibibytes = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
  } catch {
    return undefined;
  }
}
