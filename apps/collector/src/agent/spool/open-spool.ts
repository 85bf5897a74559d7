import { constants } from 'node:fs';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { ownDataDir } from '@binnacle/shared/process/data-dir-owner.ts';
import type { Logger } from 'pino';
import { addToCounter, observeGauge } from '../../telemetry/instruments.ts';
import { MemoryQueue, type ParcelQueue, type QueueRefusal } from '../parcel-queue.ts';
import { DiskSpool } from './disk-spool.ts';
import type { Damage } from './read-record.ts';
import type { PayloadKind } from './record-frame.ts';

export interface SpoolSettings {
  /** Where the spool is kept; undefined keeps what waits in memory. */
  readonly directory: string | undefined;
  /** Bytes on disk, samples and records together. */
  readonly bytes: number;
  readonly syncMilliseconds: number;
  readonly maxAgeSeconds: number;
}

export interface OpenQueues {
  readonly samples: ParcelQueue;
  readonly records: ParcelQueue;
  /** Whether what waits outlives this process. */
  readonly onDisk: boolean;
  /** Gives the folder back, after both queues were closed. */
  release(): Promise<void>;
}

export interface OpenSpoolOptions {
  readonly settings: SpoolSettings;
  /** Bytes of samples in memory, where there is no folder. Records have a quarter of it beside. */
  readonly memoryBytes: number;
  readonly now: () => number;
  readonly log: Logger;
}

/** Records are rare beside samples: they have this part of the spool. */
const recordsPart = 1 / 8;
const maxSegmentBytes = 16 * 1024 * 1024;

/**
 * The queues of an agent: on disk where the folder can be written, else in memory, which is said in the log and by
 * `binnacle_agent_spool_on_disk`. Throws `conflict` where another process has the folder.
 */
export async function openQueues(options: OpenSpoolOptions): Promise<OpenQueues> {
  const { settings, log, memoryBytes } = options;
  let queues: Omit<OpenQueues, 'release'> | undefined;
  let release = async (): Promise<void> => {};
  if (settings.directory !== undefined) {
    try {
      await makeWritable(settings.directory);
      release = await ownDataDir(settings.directory);
      const recordBytes = Math.floor(settings.bytes * recordsPart);
      const samples = await openDisk(options, settings.directory, 'samples', settings.bytes - recordBytes);
      const records = await openDisk(options, settings.directory, 'records', recordBytes);
      queues = { samples, records, onDisk: true };
    } catch (error) {
      if (error instanceof BinnacleError) throw error;
      await release();
      release = async () => {};
      log.warn(
        { err: error, directory: settings.directory },
        'the folder of the spool cannot be written: what waits for the gateway is kept in memory and dies with this process (agent.spool.directory)',
      );
    }
  }
  queues ??= {
    samples: new MemoryQueue(memoryBytes, refused('samples')),
    records: new MemoryQueue(Math.ceil(memoryBytes / 4), refused('records')),
    onDisk: false,
  };
  const { onDisk } = queues;
  const unobserve = observeGauge('binnacle_agent_spool_on_disk', (set) => set(onDisk ? 1 : 0));
  return {
    ...queues,
    release: async () => {
      unobserve();
      await release();
    },
  };
}

async function openDisk(
  { settings, now, log }: OpenSpoolOptions,
  root: string,
  kind: PayloadKind,
  maxBytes: number,
): Promise<DiskSpool> {
  const directory = path.join(root, kind);
  await makeWritable(directory);
  return DiskSpool.open({
    directory,
    kind,
    maxBytes,
    segmentBytes: Math.min(maxSegmentBytes, Math.floor(maxBytes / 8)),
    syncMilliseconds: settings.syncMilliseconds,
    maxAgeSeconds: settings.maxAgeSeconds,
    now,
    log,
    onRefused: refused(kind),
    onDamage: (reason: Damage, bytes) => {
      addToCounter('binnacle_agent_spool_damaged_total', 1, { kind, reason });
      addToCounter('binnacle_agent_spool_damaged_bytes_total', bytes, { kind });
    },
    onExpired: (items) => addToCounter('binnacle_agent_spool_expired_items_total', items, { kind }),
  });
}

const refused = (kind: PayloadKind) => (reason: QueueRefusal, items: number) =>
  addToCounter('binnacle_agent_buffer_refused_items_total', items, { kind, reason });

async function makeWritable(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await access(directory, constants.R_OK | constants.W_OK | constants.X_OK);
}
