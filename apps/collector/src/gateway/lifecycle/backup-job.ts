import path from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { addToCounter, observeGauge } from '../../telemetry/instruments.ts';
import { toBinnacleError } from '../error-answer.ts';
import { type BackupSources, writeBackup } from './write-backup.ts';

/** How the newest backup of this process stands. */
export type BackupStatus =
  | { readonly state: 'none' }
  | {
      readonly state: 'running' | 'done' | 'failed';
      readonly folder: string;
      readonly files: number;
      readonly bytes: number;
      /** Why it failed. */
      readonly error?: string;
    };

/** Writes backups of the running gateway, one at a time: they may take longer than a request. */
export class BackupJob {
  readonly #log: Logger;
  readonly #unobserve: () => void;
  #status: BackupStatus = { state: 'none' };
  #running: Promise<void> | undefined;
  #lastSuccessMs: number | undefined;

  constructor(log: Logger) {
    this.#log = log;
    this.#unobserve = observeGauge('binnacle_backup_last_success_timestamp_seconds', (set) => {
      if (this.#lastSuccessMs !== undefined) set(this.#lastSuccessMs / 1000);
    });
  }

  get status(): BackupStatus {
    return this.#status;
  }

  /** Begins; throws `conflict` while another runs, `bad_request` for a folder that is not named from the root. */
  start(folder: string, sources: BackupSources): void {
    if (this.#running !== undefined) throw new BinnacleError('conflict', 'a backup is being written already');
    if (!path.isAbsolute(folder)) throw new BinnacleError('bad_request', 'directory must be an absolute path');
    let [files, bytes] = [0, 0];
    const now = (state: 'running' | 'done' | 'failed') => ({ state, folder, files, bytes });
    this.#status = now('running');
    const onFile = (file: { readonly bytes: number }) => {
      files++;
      bytes += file.bytes;
      this.#status = now('running');
    };
    this.#running = writeBackup(folder, { ...sources, onFile }).then(
      () => {
        this.#status = now('done');
        this.#lastSuccessMs = Date.now();
        addToCounter('binnacle_backups_total', 1, { outcome: 'done' });
        this.#log.info(now('done'), 'a backup was written');
      },
      (error: unknown) => {
        const known = toBinnacleError(error);
        this.#status = { ...now('failed'), error: known.message };
        addToCounter('binnacle_backups_total', 1, { outcome: 'failed' });
        this.#log.error({ folder, err: known.cause ?? known }, `the backup failed: ${known.message}`);
      },
    );
    void this.#running.finally(() => {
      this.#running = undefined;
    });
  }

  /** Waits for what runs. */
  async stop(): Promise<void> {
    await this.#running;
    this.#unobserve();
  }
}
