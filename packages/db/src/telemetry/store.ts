import { join } from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { GridReader } from '@binnacle/shared/telemetry/grid.ts';
import type { Matcher, SampleReader, TimeRange } from '@binnacle/shared/telemetry/reader.ts';
import type { RecordReader, RecordSink } from '@binnacle/shared/telemetry/records.ts';
import type { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { startRefresher } from './cluster/refresher.ts';
import { SeriesNews } from './cluster/series-news.ts';
import { makeSeriesNews } from './cluster/series-news-table.ts';
import { SharedLedger } from './cluster/shared-ledger.ts';
import { defaultSessions, openEmbeddedEngine } from './engine/embedded-engine.ts';
import type { Engine } from './engine/engine.ts';
import { defaultConnections, openRemoteEngine } from './engine/remote-engine.ts';
import { ExemplarTable } from './exemplars/exemplar-table.ts';
import { openGridReader } from './grid/grid-reader.ts';
import { type Acknowledge, SampleWriter } from './ingest/sample-writer.ts';
import type { SpoolOptions, SpoolState } from './ingest/spool/spool.ts';
import { cleanDeleted, type DeletedSamples, deleteSamples } from './lifecycle/delete-samples.ts';
import { dropOldest, type StoreSize } from './lifecycle/drop-oldest.ts';
import { type FrozenStore, forgetFrozen, freezeTables } from './lifecycle/freeze.ts';
import { rowsOfSamples } from './lifecycle/sample-tables.ts';
import { MetadataTable } from './metadata.ts';
import { OtelStore } from './otel/otel-store.ts';
import { RecordTable } from './record-table.ts';
import { ColumnPool } from './scan/column-pool.ts';
import { IntervalEstimates } from './scan/interval-estimates.ts';
import { scanSamples } from './scan/scan.ts';
import { applyRetention, migrate } from './schema/migrate.ts';
import { bucketMs } from './schema/tables.ts';
import { chooseValueCodec } from './schema/value-codec.ts';
import { rowsOfSealed } from './sealed/delete-sealed.ts';
import { loadLedger, sealedBuckets } from './sealed/load-ledger.ts';
import { Sealer } from './sealed/sealer.ts';
import { deleteForgottenSeries, loadLabelIndex } from './series/load-index.ts';
import { horizonFor, OlderSeriesLookup } from './series/older-series.ts';
import { labelNames, labelValues, selectEntries } from './series/select.ts';
import { type ClusterSeries, clusterSeries, type StoreStats, storageStats } from './store-facts.ts';

/** Embedded: a directory that this process owns. Or a ClickHouse server: its URL, with the database as the path. */
export type StorePlace =
  | { readonly dataDir: string }
  | {
      readonly url: string;
      readonly username?: string;
      readonly password?: string;
      /** Name of the cluster that the tables are spread over, as the server's configuration has it. */
      readonly cluster?: string;
    };

export interface StoreOptions {
  /** A pino logger, or anything with these two. */
  readonly log?: StoreLog;
  /**
   * How many reads run at once. Embedded: Sessions of chDB, by default what libuv's threads allow
   * (`UV_THREADPOOL_SIZE` − 2, at most two per core); by URL: connections, 16.
   */
  readonly sessions?: number;
  /** Days that samples are kept, 30 by default; `null` for ever. */
  readonly retentionDays?: number | null;
  /** Days that spans are kept, and log records: 14 by default; `null` for ever. */
  readonly spanRetentionDays?: number | null;
  readonly logRetentionDays?: number | null;
  /** Seconds a query may take, 30 by default. */
  readonly maxQuerySeconds?: number;
  /** Memory a query may take within the engine, 1 GiB by default. */
  readonly maxQueryMemoryBytes?: number;
  /**
   * Seconds after which samples of an embedded store are sealed (see `TelemetryStore.seal`), when their bucket of two hours is over
   * and was not written to: 600 by default.
   */
  readonly sealAfterSeconds?: number;
  /** Series whose labels are held in memory, 2,000,000 by default: of more, those that ended first are looked up by SQL. */
  readonly maxSeriesInMemory?: number;
  /** Of a store by URL: seconds after which series that other gateways wrote are found here, 5 by default. */
  readonly refreshSeconds?: number;
  /** Of a store by URL: runs work while no other gateway runs such work, which is making and changing tables. */
  readonly exclusively?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Of an embedded store: what may wait on disk for the table, and how much goes there at once. */
  readonly spool?: Partial<Pick<SpoolOptions, 'maxBytes' | 'segmentRows' | 'segmentMs'>>;
}

/** A gibibyte is 38 million samples; a million rows cost the engine a sixth of what they cost by 20,000. */
const defaultSpool = { maxBytes: 2 ** 30, segmentRows: 1_000_000, segmentMs: 1000 };

export interface StoreLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

/**
 * Samples, their labels and metadata, and records, in ClickHouse. One process has an embedded store; several may write to and read
 * from one by URL, and find each other's new series after `refreshSeconds`: labels are looked up in memory. Errors of every method are `BinnacleError`s; `store_unavailable` where ClickHouse fails.
 */
export interface TelemetryStore extends SampleReader, RecordSink, RecordReader {
  /**
   * Resolves when all samples are in the table: the process may be killed then and they stay. (A power cut may take the
   * last seconds: the engine leaves it to the operating system when pages reach the disk.) A group that failed may be
   * given again. With `durable` it resolves when they are safe on disk, and queries find them about a second later. Errors: `bad_sample` for a time that is no whole ms from 1970 to 2106, `store_unavailable`.
   */
  insert(batches: readonly SampleBatch[], acknowledge?: Acknowledge): Promise<void>;
  /** Resolves when every sample that was acknowledged before is in the table, and so found by queries. */
  flush(): Promise<void>;
  /** What was acknowledged and waits on disk for the table; undefined where inserts go there at once. */
  spool(): SpoolState | undefined;
  /**
   * Deletes the samples and exemplars in the range, both ends inclusive, of what one of the matcher sets selects; with
   * `dryRun` it only counts the samples. See `lifecycle/delete-samples.ts`.
   */
  deleteSamples(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    options?: { readonly dryRun?: boolean },
  ): Promise<DeletedSamples>;
  /** Takes deleted samples off the disk; queries do not see them before either. */
  cleanDeleted(): Promise<void>;
  /**
   * Drops what is oldest until the store takes no more than so many bytes on disk, but nothing that is newer than two hours;
   * answers what it takes.
   */
  dropOldest(maxBytes: number): Promise<StoreSize>;
  /**
   * The store at this moment as files, for a backup; give it back by `release`. One at a time. Errors: `conflict` for a
   * ClickHouse by URL, which has backups of its own.
   */
  freeze(): Promise<FrozenStore>;
  /** A real query of a table; it waits for no other query. */
  ping(): Promise<void>;
  /** Values of the label `cluster`, by name, with their series; series without the label come under the empty name. */
  clusters(): Promise<ClusterSeries[]>;
  stats(): Promise<StoreStats>;
  /**
   * Seals the buckets that are due now (`afterSeconds` instead of the option), as an embedded store does by itself in the
   * background: their samples are stored in a form that is read faster. Answers how many buckets were.
   */
  seal(afterSeconds?: number): Promise<number>;
  /** Spans and log records. */
  readonly otel: OtelStore;
  /** Learns now what other gateways wrote, as a store by URL does every few seconds. */
  refresh(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the telemetry store, makes or updates its tables and reads the labels into memory. Errors: `conflict` where
 * another process has the data directory or a newer Binnacle wrote it, `bad_config` for a directory that cannot be
 * written or a URL that is none, `store_unavailable` where the server does not answer.
 */
export async function openTelemetryStore(place: StorePlace, options: StoreOptions = {}): Promise<TelemetryStore> {
  const startedAt = performance.now();
  const limits = {
    maxExecutionSeconds: options.maxQuerySeconds ?? 30,
    maxMemoryBytes: options.maxQueryMemoryBytes ?? 2 ** 30,
  };
  const database = 'dataDir' in place ? 'binnacle' : databaseOf(place.url);
  const engine =
    'dataDir' in place
      ? await openEmbeddedEngine(place.dataDir, options.sessions ?? defaultSessions(), limits)
      : await openRemoteEngine(place, options.sessions ?? defaultConnections, limits);
  try {
    const spool =
      'dataDir' in place
        ? { ...defaultSpool, ...options.spool, folder: join(place.dataDir, 'spool'), log: options.log }
        : undefined;
    const kindOfStore = 'dataDir' in place ? 'embedded' : 'remote';
    const store = await openTables(engine, database, kindOfStore, { ...options, spool });
    const openMs = Math.round(performance.now() - startedAt);
    const kind = 'dataDir' in place ? 'embedded' : 'by URL';
    options.log?.info({ kind, ...store.opened, openMs }, 'telemetry store open');
    return store;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

type TableOptions = Omit<StoreOptions, 'spool'> & { readonly spool: Omit<SpoolOptions, 'insertFile'> | undefined };

async function openTables(engine: Engine, database: string, kind: GridReader['place'], options: TableOptions) {
  const days = options.retentionDays === undefined ? 30 : options.retentionDays;
  const shared = kind === 'remote';
  const { exclusively = <T>(work: () => Promise<T>) => work() } = options;
  const { spanRetentionDays = 14, logRetentionDays = 14 } = options;
  const exemplars = new ExemplarTable(engine, database);
  const otel = new OtelStore(engine, database);
  const migrations = await exclusively(async () => {
    const applied = await migrate(engine, database);
    await chooseValueCodec(engine, database);
    await applyRetention(engine, database, days);
    if (shared) await makeSeriesNews(engine, database);
    await exemplars.applyRetention(days);
    await otel.applyRetention({ spanDays: spanRetentionDays, logDays: logRetentionDays });
    return applied;
  });
  const oldestBucketNow = () => (days === null ? 0 : Math.floor((Date.now() - (days + 1) * 86_400_000) / bucketMs));
  const oldestBucket = oldestBucketNow();
  // Another gateway may have stored a series whose span it stores next: that one would be taken for forgotten.
  const forgotten = shared ? 0 : await deleteForgottenSeries(engine, database, oldestBucket);
  const newsFromMs = shared ? await SeriesNews.begin(engine) : 0;
  const horizon = await horizonFor(engine, database, oldestBucket, options.maxSeriesInMemory ?? 2_000_000);
  const index = await loadLabelIndex(engine, database, horizon ?? oldestBucket);
  const older = horizon === undefined ? undefined : new OlderSeriesLookup(engine, database, index, horizon);
  const metadata = new MetadataTable(engine, database);
  await metadata.load();
  const records = new RecordTable(engine, database);
  await records.load();
  const ledger = shared
    ? new SharedLedger([], await sealedBuckets(engine, database), Date.now())
    : await loadLedger(engine, database, Date.now());
  const scan = { engine, database, index, ledger, intervals: new IntervalEstimates(), columns: new ColumnPool() };
  const writer = new SampleWriter(engine, database, index, metadata, ledger, older);
  if (options.spool !== undefined) await writer.openSpool(options.spool);
  const olderFor = (range: TimeRange) => (older?.concerns(range) === true ? older : undefined);

  const select = async (matchers: readonly Matcher[], range: TimeRange) => {
    const found = selectEntries(index, matchers, range);
    return [...found, ...((await olderFor(range)?.select(matchers, range)) ?? [])];
  };
  // Every table that samples are read from.
  const sampleTables = [rowsOfSamples(engine, database), rowsOfSealed(engine, database)];
  const withoutInserts = <T>(work: () => Promise<T>) => writer.alone(work);
  const { sealAfterSeconds = 600 } = options;
  const sealer = new Sealer(scan, {
    afterMs: sealAfterSeconds * 1000,
    oldestBucket: oldestBucketNow,
    withoutInserts,
    log: options.log,
    now: Date.now,
  });
  // Several processes may write to a server: none of them alone knows when a bucket is over.
  if (kind === 'embedded') {
    await forgetFrozen(engine);
    sealer.start();
  }
  // What else is remembered (metrics that were declined, intervals) only saves work, so each gateway may have its own.
  const news = SeriesNews.since(engine, database, index, newsFromMs);
  const refresher = shared
    ? startRefresher(
        async () => {
          await news.refresh();
          await metadata.refresh();
        },
        { intervalMs: (options.refreshSeconds ?? 5) * 1000, log: options.log },
      )
    : undefined;
  const deletion = { shared, engine, database, index, select, tables: sampleTables, withoutInserts };

  return {
    opened: { migrations, series: index.size, forgotten },
    insert: async (batches, acknowledge) => {
      await writer.insert(batches, acknowledge);
      await exemplars.put(batches);
    },
    exemplars: (matchers, range) => exemplars.select(matchers, range),
    flush: () => writer.flush(),
    spool: () => writer.spool,
    select,
    grid: openGridReader(scan, kind, options.log),
    scan: (request) => scanSamples(scan, request),
    labelNames: async (matchers, range) =>
      union(labelNames(index, matchers, range), await olderFor(range)?.names(matchers, range)),
    labelValues: async (name, matchers, range) =>
      union(labelValues(index, name, matchers, range), await olderFor(range)?.values(name, matchers, range)),
    metadata: async (family) => metadata.get(family),
    putRecords: (put) => records.put(put),
    listRecords: (query) => records.list(query),
    otel,
    deleteSamples: (matcherSets, range, { dryRun = false } = {}) =>
      sealer.still(async () => {
        const deleted = await deleteSamples(deletion, matcherSets, range, dryRun);
        if (dryRun) return deleted;
        ledger.resealed(await sealedBuckets(engine, database));
        await exemplars.delete(matcherSets, range);
        return deleted;
      }),
    cleanDeleted: () => cleanDeleted(sampleTables),
    dropOldest: (maxBytes) =>
      sealer.still(() => dropOldest({ shared, engine, database, index, ledger, withoutInserts }, maxBytes, Date.now())),
    freeze: async () => {
      if (kind === 'remote') throw new BinnacleError('conflict', noFreeze);
      return sealer.still(() => withoutInserts(() => freezeTables(engine, database)));
    },
    ping: () => engine.ping(`SELECT version FROM ${database}.schema_migration LIMIT 1`),
    clusters: async () => clusterSeries(index),
    stats: () => storageStats(engine, database, index, ledger),
    seal: async (afterSeconds = sealAfterSeconds) => (shared ? 0 : sealer.sealDue(afterSeconds * 1000)),
    refresh: async () => refresher?.refresh(),
    close: async () => {
      await refresher?.close();
      await sealer.close();
      scan.columns.clear();
      await writer.close();
      await engine.close();
    },
  } satisfies TelemetryStore & { opened: object };
}

const noFreeze =
  'The telemetry is on a ClickHouse server: use its BACKUP DATABASE for it, and binnacle backup --only state for the rest.';

/** Names from memory and, where they were asked for, from SQL; sorted, each once. */
const union = (known: string[], older: string[] | undefined): string[] =>
  older === undefined ? known : [...new Set([...known, ...older])].sort();

function databaseOf(address: string): string {
  let url: URL;
  try {
    url = new URL(address);
  } catch (cause) {
    throw new BinnacleError(
      'bad_config',
      'The ClickHouse address is not a URL, such as http://user:password@host:8123/binnacle.',
      {
        cause,
      },
    );
  }
  const name = url.pathname.replaceAll('/', '') || 'binnacle';
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
    throw new BinnacleError(
      'bad_config',
      'The path of the ClickHouse URL is the name of the database: letters, digits and _.',
    );
  }
  return name;
}
