import { busBandwidth, expectedBusBandwidth } from '@binnacle/shared/models/all-reduce.ts';
import type { Round } from '../polling/round.ts';
import type { ExpectedLine } from './hardware.ts';
import type { InspectorRecord } from './inspector-record.ts';
import { RankJoin } from './rank-join.ts';

interface Newest {
  record: InspectorRecord;
  atMs: number;
}

interface Communicator {
  readonly id: string;
  readonly join: RankJoin;
  /** By rank, host, kind and size class. */
  readonly newest: Map<string, Newest>;
  atMs: number;
}

const maxCommunicators = 512;
const maxSeries = 100_000;

/** What is known of the communicators of one job, from the newest collectives of each rank; old ones are dropped. */
export class Communicators {
  readonly #byId = new Map<string, Communicator>();
  #entries = 0;

  /** Takes a record; false when it had to be left out because there are too many of them. */
  add(record: InspectorRecord, nowMs: number): boolean {
    let communicator = this.#byId.get(record.comm);
    if (communicator === undefined) {
      communicator = { id: record.comm, join: new RankJoin(record.ranks), newest: new Map(), atMs: 0 };
    }
    // Insertion order is the order of use: the first is the one unused for longest.
    this.#byId.delete(record.comm);
    this.#byId.set(record.comm, communicator);
    if (this.#byId.size > maxCommunicators) this.#drop(this.#byId.values().next().value as Communicator);
    communicator.join.add(record);
    const atMs = Math.min(record.dumpedAt ?? nowMs, nowMs);
    communicator.atMs = Math.max(communicator.atMs, atMs);
    const key = `${record.rank} ${record.hostname} ${record.collective} ${sizeClass(record.totalBytes)}`;
    const known = communicator.newest.get(key);
    if (known === undefined) {
      if (this.#entries >= maxSeries) return false;
      this.#entries++;
      communicator.newest.set(key, { record, atMs });
    } else if (atMs >= known.atMs) {
      known.record = record;
      known.atMs = atMs;
    }
    return true;
  }

  /** Forgets what is older, and writes the rest into the round. */
  emit(round: Round, job: string, expected: ExpectedLine | undefined, oldestMs: number): void {
    for (const communicator of [...this.#byId.values()]) {
      if (communicator.atMs < oldestMs) {
        this.#drop(communicator);
        continue;
      }
      this.#emitOne(round, job, expected, oldestMs, communicator);
    }
  }

  #emitOne(
    round: Round,
    job: string,
    expected: ExpectedLine | undefined,
    oldestMs: number,
    { id, join, newest }: Communicator,
  ): void {
    for (const [key, { record, atMs }] of newest) {
      if (atMs < oldestMs) {
        newest.delete(key);
        this.#entries--;
        continue;
      }
      const { collective, ranks, totalBytes, execSeconds } = record;
      const size = {
        job,
        comm: id,
        collective,
        message_bytes: String(sizeClass(totalBytes)),
        n_ranks: String(ranks),
        n_nodes: record.nodes === 0 ? '' : String(record.nodes),
      };
      const labels = { ...size, rank: String(record.rank), instance: record.hostname };
      const measured =
        record.busBandwidth ?? busBandwidth({ collective, ranks, bytes: totalBytes, seconds: execSeconds });
      round.sample('binnacle_collective_bus_bandwidth_bytes_per_second', labels, measured);
      round.sample('binnacle_collective_exec_seconds', labels, execSeconds);
      if (expected !== undefined && totalBytes >= expected.fitFromBytes)
        round.sample(
          'binnacle_collective_expected_bus_bandwidth_bytes_per_second',
          size,
          expectedBusBandwidth({ ...expected, collective, ranks, bytes: totalBytes }),
        );
    }
    for (const [collective, skew] of join.skewSeconds)
      round.sample('binnacle_collective_skew_seconds', { job, comm: id, collective }, skew);
    round.sample('binnacle_collective_straggler_rank', { job, comm: id }, join.straggler());
  }

  #drop(communicator: Communicator): void {
    this.#entries -= communicator.newest.size;
    this.#byId.delete(communicator.id);
  }
}

/** Power of two at or below the size; 0 for 0. */
function sizeClass(bytes: number): number {
  return bytes < 1 ? 0 : 2 ** Math.floor(Math.log2(bytes));
}
