import { Agent, request } from 'node:http';
import { type LabelSet, labelsFromObject } from '@binnacle/shared/telemetry/labels.ts';
import { SampleBatch } from '@binnacle/shared/telemetry/sample-batch.ts';
import { encodeWriteRequest, writeRequestHeaders } from '../../src/wire/remote-write-encode.ts';

export interface WriteAnswer {
  readonly status: number;
  readonly retryAfter: number | undefined;
  readonly text: string;
}

/** A sender of remote write with kept connections. Rejects where there is no answer. */
export class RemoteWriter {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(gatewayUrl: string, connections = 8) {
    this.#url = new URL('/api/v1/write', gatewayUrl);
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections });
  }

  send(body: Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<WriteAnswer> {
    return post(this.#url, body, { ...writeRequestHeaders, ...headers }, this.#agent);
  }

  /** Sends until it is taken: what a sender does on 503 and on a connection that is cut. */
  async sendUntilTaken(body: Uint8Array, pauseMs = 20): Promise<WriteAnswer> {
    for (;;) {
      const answer = await this.send(body).catch(() => undefined);
      if (answer !== undefined && answer.status < 500) return answer;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

export function post(
  url: URL,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
  agent?: Agent,
): Promise<WriteAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', agent, headers: { ...headers, 'content-length': String(body.byteLength) } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          const after = response.headers['retry-after'];
          resolve({
            status: response.statusCode ?? 0,
            retryAfter: after === undefined ? undefined : Number(after),
            text,
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

export type Sample = readonly [labels: LabelSet, atMs: number, value: number];

export function batchOf(samples: Iterable<Sample>): SampleBatch {
  const batch = new SampleBatch(64);
  const indexes = new Map<LabelSet, number>();
  for (const [labels, atMs, value] of samples) {
    let index = indexes.get(labels);
    if (index === undefined) {
      index = batch.addSeries(labels);
      indexes.set(labels, index);
    }
    batch.append(index, atMs, value);
  }
  return batch;
}

export const bodyOf = (samples: Iterable<Sample>): Uint8Array => encodeWriteRequest(batchOf(samples));
export const series = (name: string, labels: Readonly<Record<string, string>> = {}): LabelSet =>
  labelsFromObject({ __name__: name, ...labels });
