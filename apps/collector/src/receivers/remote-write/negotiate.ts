import type { IncomingHttpHeaders } from 'node:http';
import { BinnacleError } from '@binnacle/shared/errors.ts';

/**
 * Refuses with 415 what is not remote write 1.0: protobuf `prometheus.WriteRequest` in a snappy block. Headers that are
 * missing are taken as meant, as Prometheus does.
 */
export function checkRemoteWriteHeaders(headers: IncomingHttpHeaders): void {
  const [type = '', ...parameters] = (headers['content-type'] ?? 'application/x-protobuf')
    .split(';')
    .map((part) => part.trim());
  if (type.toLowerCase() !== 'application/x-protobuf') {
    throw refuse(`Content-Type ${shown(type)} is not taken here; remote write sends application/x-protobuf`);
  }
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2).map((part) => part.trim());
    if (name.toLowerCase() !== 'proto') continue;
    const message = value.replace(/^"(.*)"$/, '$1');
    if (message === 'prometheus.WriteRequest') continue;
    throw refuse(
      `this door speaks remote write 1.0 (prometheus.WriteRequest), not ${shown(message)}; set protobuf_message to prometheus.WriteRequest in the sender`,
    );
  }
  const encoding = (headers['content-encoding'] ?? 'snappy').trim().toLowerCase();
  if (encoding !== 'snappy')
    throw refuse(`Content-Encoding ${shown(encoding)} is not taken here; remote write sends snappy (block format)`);
}

const refuse = (message: string) => new BinnacleError('unsupported_media_type', message);
const shown = (text: string) => JSON.stringify(text.slice(0, 100));
