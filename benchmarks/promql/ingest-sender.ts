// Sends new samples to one server by remote write, open loop: node ingest-sender.ts URL SAMPLES_PER_SECOND, over IPC.
import { labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../apps/collector/src/wire/remote-write-encode.ts';
import { post } from './http.ts';

/** What the sender tells its parent when it is asked; counts since it was last asked. */
export interface SenderReport {
  readonly seconds: number;
  readonly stored: number;
  readonly refused: number;
  /** Not sent, because the same series' samples of a second before were not acknowledged yet. */
  readonly skipped: number;
  /** Longest time that a request took, ms. */
  readonly slowestMs: number;
  /** Of the sender itself: it takes them from the same machine. */
  readonly cpuSeconds: number;
}

const [url = '', perSecond = '0'] = process.argv.slice(2);
const samplesPerRequest = 2000;
const requestsPerSecond = Number(perSecond) / samplesPerRequest;

// Each series once a second: as many series as samples per second, a host's worth of labels on each.
const batches = Array.from({ length: Math.ceil(requestsPerSecond) }, (_, request) => {
  const batch = new SampleBatch(samplesPerRequest);
  for (let i = 0; i < samplesPerRequest; i++) {
    const series = request * samplesPerRequest + i;
    const labels = {
      __name__: `ingested_${series % 10}`,
      job: 'ingested',
      instance: `10.32.${(series >> 11) & 255}.${(series >> 3) & 255}:9400`,
      slot: `${series & 7}`,
      series: `${series}`,
    };
    batch.addSeries(labelsFromObject(labels));
  }
  return batch;
});

let since = performance.now();
let counts = { stored: 0, refused: 0, skipped: 0, slowestMs: 0 };
let cpu = process.cpuUsage();
/** As a sender of remote write does: a series' samples go one after the other. */
const inFlight = new Set<SampleBatch>();
let sent = 0;

function fill(batch: SampleBatch): Uint8Array {
  const now = Date.now();
  batch.length = 0;
  for (let i = 0; i < batch.series.length; i++) batch.append(i, now, (now % 100_000) + i);
  return encodeWriteRequest(batch);
}

async function send(): Promise<void> {
  const batch = batches[sent++ % batches.length] as SampleBatch;
  if (inFlight.has(batch)) {
    counts.skipped += samplesPerRequest;
    return;
  }
  inFlight.add(batch);
  try {
    const { status, ms } = await post(`${url}/api/v1/write`, fill(batch), writeRequestHeaders);
    if (status >= 200 && status < 300) counts.stored += samplesPerRequest;
    else counts.refused += samplesPerRequest;
    counts.slowestMs = Math.max(counts.slowestMs, ms);
  } catch {
    counts.refused += samplesPerRequest;
  } finally {
    inFlight.delete(batch);
  }
}

const began = performance.now();
let due = 0;
setInterval(() => {
  const now = ((performance.now() - began) / 1000) * requestsPerSecond;
  // Late because the machine was busy: send what was due, but never a whole second's at once.
  due = Math.max(due, now - requestsPerSecond);
  for (; due < now; due++) void send();
}, 5);

process.on('message', () => {
  const { user, system } = process.cpuUsage(cpu);
  cpu = process.cpuUsage();
  const cpuSeconds = (user + system) / 1e6;
  const report: SenderReport = { seconds: (performance.now() - since) / 1000, ...counts, cpuSeconds };
  since = performance.now();
  counts = { stored: 0, refused: 0, skipped: 0, slowestMs: 0 };
  process.send?.(report);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
