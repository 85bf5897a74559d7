/** What may happen to a gateway or an agent while samples come in, and which test does it to them. */
export interface Fault {
  readonly fault: string;
  /** What the tests do, in markdown. */
  readonly done: string;
  readonly holds: string;
  /** From the root of the repository. */
  readonly tests: readonly string[];
}

export const faults: readonly Fault[] = [
  {
    fault: 'kill -9 of the gateway',
    done: "50 kills at seeded random moments under load, one in five while it starts; the seed is in the test's name, `BINNACLE_FAULT_SEED` repeats it, `BINNACLE_FAULT_KILLS` does more",
    holds: 'every acknowledged sample is in query results exactly once; nothing is there that was not sent',
    tests: ['apps/collector/test/faults/kill-nine.test.ts'],
  },
  {
    fault: 'kill -9 of an agent',
    done: '6 kills, with the gateway away every second time',
    holds: 'everything that the agent acknowledged reaches the gateway; under 120 MiB resident',
    tests: ['apps/collector/test/faults/agent-spool.test.ts'],
  },
  {
    fault: 'the store away for a while',
    done: 'a ClickHouse server (`CLICKHOUSE_URL`) that is gone, comes back, hangs, and comes back, under load',
    holds:
      '503 with `Retry-After` at once, bounded memory, `/readyz` says so; it takes up again by itself, and what was acknowledged is there',
    tests: ['apps/collector/test/faults/store-away.test.ts'],
  },
  {
    fault: "full disk under an agent's spool",
    done: 'a tmpfs of 512 KiB (needs root on Linux; else skipped)',
    holds: '503 with `Retry-After`; what was taken is sent; it takes up again when there is room',
    tests: ['apps/collector/test/faults/agent-spool.test.ts', 'apps/collector/src/agent/spool/disk-spool.test.ts'],
  },
  {
    fault: 'full disk under the store',
    done: 'a tmpfs of 160 MiB (needs root on Linux)',
    holds: '503 before the disk is full, and it takes up again',
    tests: ['apps/collector/src/gateway/lifecycle/disk-full.test.ts'],
  },
  {
    fault: 'torn or bit-flipped spool of an agent',
    done: 'every byte of a segment flipped in turn, tails torn at every kind of place, zeros, noise',
    holds: 'the damaged record is left out, counted and logged; every other one is sent',
    tests: ['apps/collector/src/agent/spool/disk-spool.test.ts'],
  },
  {
    fault: 'torn or bit-flipped spool of a gateway',
    done: 'bits flipped, tails torn, entries without blocks and blocks without entries',
    holds: 'the damaged block is refused, reported and kept beside; every other one is stored',
    tests: ['packages/db/src/telemetry/ingest/spool/spool.test.ts'],
  },
  {
    fault: 'decompression bombs',
    done: "gzip, zstd and snappy at remote write 1.0 and 2.0, metrics, traces, logs; millions of empty labels, symbols, references; label values of 40 MiB; one by one and all at once; gzip and deflate in gRPC's frames, 80 at once",
    holds: '400 or 413; less than 1000 MiB above where it began; others are served',
    tests: ['apps/collector/test/faults/bombs.test.ts', 'apps/collector/test/otlp/hostile.test.ts'],
  },
  {
    fault: 'mutated bodies',
    done: '10,000 each of remote write 1.0 and 2.0, of OTLP metrics over HTTP, and of traces, logs and everything over gRPC with their frames and compressions (the contract of every receiver)',
    holds:
      'an answer of the protocol each: 2xx or 4xx, over gRPC OK, INVALID_ARGUMENT, RESOURCE_EXHAUSTED or UNIMPLEMENTED; no growth, no crash',
    tests: ['apps/collector/src/receivers/contract/suite.ts', 'apps/collector/test/otlp/hostile.test.ts'],
  },
  {
    fault: 'ten times the rated load',
    done: '1,000,000 samples/s offered over 64 connections',
    holds: '503 with `Retry-After`, bounded memory, no acknowledged sample lost',
    tests: ['apps/collector/test/faults/over-capacity.test.ts'],
  },
  {
    fault: 'a storm of new series',
    done: '100,000 as fast as they are taken, a fifth over the limit; `BINNACLE_FAULT_SERIES=1000000` for a million',
    holds:
      'what is over is refused as `too_many_series`; known series and queries go on. A million in 28 to 46 s on two busy cores (800,000 taken, 200,000 refused): 400 to 1,800 MiB resident, the longest wait at `/healthz` 0.8 s, at a query 1.0 s',
    tests: ['apps/collector/test/faults/new-series.test.ts'],
  },
  {
    fault: 'clocks an hour off',
    done: 'samples an hour ahead and an hour behind',
    holds: 'ahead is refused as `too_far_in_future`, its neighbours are stored; behind is welcome',
    tests: ['apps/collector/test/faults/order-and-bits.test.ts'],
  },
  {
    fault: "the gateway's own clock steps",
    done: 'an hour forward, back, an hour behind, and back again, acknowledged in the table and from the spool',
    holds:
      'nothing acknowledged is lost, commits and timers go on; while the clock is behind, samples further ahead of it than `limits.futureSeconds` are refused as `too_far_in_future`',
    tests: ['apps/collector/test/faults/clock-steps.test.ts'],
  },
  {
    fault: 'retries, duplicates, any order',
    done: 'the same requests again, 16 copies at once, shuffled times',
    holds: 'each (series, time) is there once',
    tests: ['apps/collector/test/faults/order-and-bits.test.ts'],
  },
  {
    fault: 'peculiar floats',
    done: 'stale markers, NaNs with payloads, infinities, -0',
    holds: 'every bit comes back from the store',
    tests: ['apps/collector/test/faults/order-and-bits.test.ts'],
  },
  {
    fault: 'slow clients',
    done: '50 at each door (remote write, OTLP over HTTP and gRPC) that announce 16 MiB and send a byte at a time; bodies, headers, messages that never end',
    holds:
      'everybody else is served meanwhile: a body takes room as it arrives, not as announced. One that comes more slowly than `limits.slowBodyBytesPerSecond` is cut off when its room is needed, each after `limits.requestSeconds`: 408, over gRPC UNAVAILABLE, counted as `request_timeout`',
    tests: [
      'apps/collector/test/faults/slow-clients.test.ts',
      'apps/collector/src/gateway/slow-client.test.ts',
      'apps/collector/src/gateway/grpc/door.test.ts',
    ],
  },
  {
    fault: 'real senders while the gateway restarts',
    done: "Debian's Prometheus and vmagent, through one restart with notice and one kill -9 (skipped where they are not installed)",
    holds: 'every sample that they scraped is there, none twice',
    tests: ['apps/collector/test/senders/senders.test.ts'],
  },
  {
    fault: 'the OpenTelemetry SDK for JavaScript',
    done: 'spans, log records and metrics over HTTP with protobuf, HTTP with JSON, and gRPC',
    holds: 'all of it comes back as it was sent',
    tests: ['apps/collector/test/otlp/sdk.test.ts', 'apps/collector/test/otlp/metrics-sdk.test.ts'],
  },
];
