import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { NcclTest } from '@binnacle/shared/api/domain.ts';
import { expectedBusBandwidth } from '@binnacle/shared/models/all-reduce.ts';
import type { Round } from '../polling/round.ts';
import { expectedLine, type TestSource } from './config.ts';
import { findFiles } from './find-files.ts';
import { parseTestJson } from './parse-json.ts';
import { parseTestText } from './parse-text.ts';

const maxFileBytes = 8 * 1024 * 1024;

interface KnownFile {
  readonly modifiedMs: number;
  readonly size: number;
  readonly result: NcclTest | null;
}

/** Reads the results of one configured test; a file is parsed again only when it changed. */
export class TestReader {
  readonly #source: TestSource;
  #known = new Map<string, KnownFile>();

  constructor(source: TestSource) {
    this.#source = source;
  }

  async read(round: Round, signal: AbortSignal): Promise<void> {
    const { paths, single } = await findFiles(this.#source.path, ['.txt', '.log', '.out', '.json']);
    const known = new Map<string, KnownFile>();
    for (const path of paths) {
      signal.throwIfAborted();
      const file = await this.#file(path, single ? this.#source.name : `${this.#source.name}/${basename(path)}`);
      if (file === null) continue;
      known.set(path, file);
      if (file.result === null)
        round.warn(`${path}: no table of nccl-tests in it, or it is longer than ${maxFileBytes} bytes.`);
      else this.#emit(round, file.result, file.modifiedMs);
    }
    this.#known = known;
    if (paths.length === 0) round.warn(`${this.#source.path}: no file there yet.`);
  }

  /** null when it is gone. */
  async #file(path: string, test: string): Promise<KnownFile | null> {
    const status = await stat(path).catch(() => null);
    if (status === null) return null;
    const before = this.#known.get(path);
    if (before !== undefined && before.modifiedMs === status.mtimeMs && before.size === status.size) return before;
    const text = status.size > maxFileBytes ? '' : await readFile(path, 'utf8').catch(() => '');
    const result = text.trimStart().startsWith('{') ? parseTestJson(text) : parseTestText(text);
    const { collective, ranks } = this.#source;
    return {
      modifiedMs: status.mtimeMs,
      size: status.size,
      result:
        result === null
          ? null
          : {
              test,
              ...result,
              collective: result.collective ?? collective ?? null,
              ranks: result.ranks ?? ranks ?? null,
            },
    };
  }

  #emit(round: Round, result: NcclTest, modifiedMs: number): void {
    const line = expectedLine(this.#source);
    const { test, collective, ranks } = result;
    const common = { test, collective: collective ?? '', n_ranks: ranks === null ? '' : String(ranks) };
    for (const row of result.rows) {
      const labels = { ...common, size_bytes: String(row.sizeBytes) };
      round.sample(
        'binnacle_nccl_test_bus_bandwidth_bytes_per_second',
        { ...labels, dtype: row.dtype, placement: row.placement },
        row.busBandwidthBytesPerSecond,
      );
      if (line === undefined || collective === null || ranks === null || row.sizeBytes < line.fitFromBytes) continue;
      const expected = expectedBusBandwidth({ ...line, collective, ranks, bytes: row.sizeBytes });
      round.sample('binnacle_nccl_test_expected_bus_bandwidth_bytes_per_second', labels, expected);
    }
    round.record('nccl_test', this.#source.labels.cluster ?? '', test, Math.round(modifiedMs), result);
  }
}
