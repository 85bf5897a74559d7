import { closeSync, existsSync, mkdirSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../apps/collector/src/wire/remote-write-encode.ts';
import { Dataset, metrics, spanMs } from '../promql/dataset.ts';
import { encodeOtlpRequest } from './otlp-encode.ts';

/** Changes with every change of what stands in the files. */
const version = 2;
const samplesPerRequest = 2000;
/** The dataset hands samples out by so many scrapes. */
const scrapesPerSlab = 20;

/** Bodies by sender, in the order in which that sender sends them: records of sender, samples, length (uint32), body. */
export interface PayloadFile {
  readonly path: string;
  readonly samples: number;
}

export interface PayloadShape {
  readonly form: PayloadForm;
  /** Scrapes of all 20,000 series, 15 s apart; a multiple of 20. */
  readonly scrapes: number;
  readonly senders: number;
}

const otlpHeaders = { 'content-type': 'application/x-protobuf' };

/** The door of each form of body, and its headers. */
export const forms = {
  'remote-write': { door: '/api/v1/write', headers: writeRequestHeaders, encode: encodeWriteRequest },
  otlp: { door: '/v1/metrics', headers: otlpHeaders, encode: encodeOtlpRequest },
  'otlp-gzip': {
    door: '/v1/metrics',
    headers: { ...otlpHeaders, 'content-encoding': 'gzip' },
    encode: (batch: SampleBatch) => gzipSync(encodeOtlpRequest(batch)),
  },
} as const;
export type PayloadForm = keyof typeof forms;

/** Where a series goes: its sender, and its place among all series of a scrape. */
interface Route {
  readonly series: number;
  readonly sender: number;
}

/**
 * Remote write: every series belongs to one sender, whichever its labels are, as Prometheus spreads them over its shards. OTLP: a
 * Collector sends all that it scraped of a host, one exporter after the other.
 */
function routesOf(form: PayloadForm, dataset: Dataset, labels: readonly LabelSet[], senders: number): Route[] {
  if (form === 'remote-write') return labels.map((_, series) => ({ series, sender: series % senders }));
  const hosts = dataset.seriesPerMetric / 8;
  return Array.from({ length: hosts }, (_, host) => {
    const ofHost = metrics.flatMap((_, metric) =>
      Array.from({ length: 8 }, (_, slot) => metric * dataset.seriesPerMetric + host * 8 + slot),
    );
    const exporter = (series: number) => `${labels[series]?.get('job')} ${labels[series]?.get('instance')}`;
    const byExporter = Object.values(Object.groupBy(ofHost, exporter)).flatMap((some) => some ?? []);
    return byExporter.map((series) => ({ series, sender: host % senders }));
  }).flat();
}

/** A sender's samples go in the order of the scrapes, 2,000 a request. Kept between runs for a day. */
export function preparePayload(folder: string, { form, scrapes, senders }: PayloadShape): PayloadFile {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `ingest-v${version}-${form}-${scrapes}-${senders}.bodies`);
  const startMs = Math.floor(Date.now() / 60_000) * 60_000 - scrapes * 15_000;
  const dataset = new Dataset(1, startMs + spanMs);
  const samples = dataset.series * scrapes;
  if (existsSync(path) && Date.now() - statSync(path).mtimeMs < 86_400_000) return { path, samples };
  console.log(`encoding ${samples.toLocaleString('en')} samples as ${form} …`);
  const file = openSync(`${path}.partial`, 'w');
  const labels = dataset.labels();
  const routes = routesOf(form, dataset, labels, senders);
  const open = Array.from({ length: senders }, () => new SampleBatch(samplesPerRequest));
  const write = (sender: number) => {
    const batch = open[sender] as SampleBatch;
    if (batch.length === 0) return;
    const body = forms[form].encode(batch);
    writeSync(file, Buffer.from(Uint32Array.of(sender, batch.length, body.byteLength).buffer));
    writeSync(file, body);
    open[sender] = new SampleBatch(samplesPerRequest);
  };
  let done = 0;
  for (const slab of dataset.slabs()) {
    const seriesPerBatch = slab[0]?.series.length ?? 0;
    for (let scrape = 0; scrape < scrapesPerSlab; scrape++) {
      for (const { series, sender } of routes) {
        const part = slab[Math.floor(series / seriesPerBatch)] as SampleBatch;
        const at = (series % seriesPerBatch) * scrapesPerSlab + scrape;
        const batch = open[sender] as SampleBatch;
        // One entry for each sample, so that each becomes a message of its own.
        const index = batch.addSeries(labels[series] as LabelSet);
        batch.append(index, part.timestamps[at] as number, part.values[at] as number);
        if (batch.length === samplesPerRequest) write(sender);
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
