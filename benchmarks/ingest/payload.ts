import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { encodeWriteRequest } from '../../apps/collector/src/wire/remote-write-encode.ts';
import { Dataset, spanMs } from '../promql/dataset.ts';

/** Changes with every change of what stands in the files. */
const version = 1;
const samplesPerRequest = 2000;
/** The dataset hands samples out by so many scrapes. */
const scrapesPerSlab = 20;

/** Bodies by sender, in the order in which that sender sends them: records of sender, samples, length (uint32), body. */
export interface PayloadFile {
  readonly path: string;
  readonly samples: number;
}

export interface PayloadShape {
  /** Scrapes of all 20,000 series, 15 s apart; a multiple of 20. */
  readonly scrapes: number;
  readonly senders: number;
}

/**
 * Requests as Prometheus' own remote write makes them: every series belongs to one sender, a sender's samples go in the order
 * of the scrapes, 2,000 a request, and each sample is a TimeSeries message with its labels. Kept between runs for a day.
 */
export function preparePayload(folder: string, { scrapes, senders }: PayloadShape): PayloadFile {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `ingest-v${version}-${scrapes}-${senders}.bodies`);
  const startMs = Math.floor(Date.now() / 60_000) * 60_000 - scrapes * 15_000;
  const dataset = new Dataset(1, startMs + spanMs);
  const samples = dataset.series * scrapes;
  if (existsSync(path) && Date.now() - statSync(path).mtimeMs < 86_400_000) return { path, samples };
  console.log(`encoding ${samples.toLocaleString('en')} samples …`);
  const file = openSync(`${path}.partial`, 'w');
  const labels = dataset.labels();
  const open = Array.from({ length: senders }, () => new SampleBatch(samplesPerRequest));
  const write = (sender: number) => {
    const batch = open[sender] as SampleBatch;
    if (batch.length === 0) return;
    const body = encodeWriteRequest(batch);
    writeSync(file, Buffer.from(Uint32Array.of(sender, batch.length, body.byteLength).buffer));
    writeSync(file, body);
    open[sender] = new SampleBatch(samplesPerRequest);
  };
  let done = 0;
  for (const slab of dataset.slabs()) {
    for (let scrape = 0; scrape < scrapesPerSlab; scrape++) {
      let series = 0;
      for (const part of slab) {
        for (let s = 0; s < part.series.length; s++, series++) {
          const sender = series % senders;
          const batch = open[sender] as SampleBatch;
          const at = s * scrapesPerSlab + scrape;
          // One entry for each sample, so that each becomes a message of its own.
          const index = batch.addSeries(labels[series] as LabelSet);
          batch.append(index, part.timestamps[at] as number, part.values[at] as number);
          if (batch.length === samplesPerRequest) write(sender);
        }
      }
    }
    done += scrapesPerSlab;
    if (done >= scrapes) break;
  }
  for (let sender = 0; sender < senders; sender++) write(sender);
  closeSync(file);
  renameSync(`${path}.partial`, path);
  return { path, samples };
}
