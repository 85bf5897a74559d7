import type { IncomingHttpHeaders } from 'node:http';
import { BinnacleError } from '@binnacle/shared/errors.ts';

/** Which message a body is: `prometheus.WriteRequest` or `io.prometheus.write.v2.Request`. */
export type WriteVersion = 1 | 2;

const messages: Readonly<Record<string, WriteVersion>> = {
  'prometheus.WriteRequest': 1,
  'io.prometheus.write.v2.Request': 2,
};

/**
 * Says which message the headers announce: the `proto` parameter of Content-Type decides, and without one it is 1.0.
 * Headers that are missing are taken as meant, as Prometheus does. Refuses with 415 other types, messages and encodings,
 * and versions of the protocol that do not exist yet.
 */
export function negotiate(headers: IncomingHttpHeaders): WriteVersion {
  const [type = '', ...parameters] = (headers['content-type'] ?? 'application/x-protobuf')
    .split(';')
    .map((part) => part.trim());
  if (type.toLowerCase() !== 'application/x-protobuf') {
    throw refuse(`Content-Type ${shown(type)} is not taken here; remote write sends application/x-protobuf`);
  }
  let version: WriteVersion = 1;
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2).map((part) => part.trim());
    if (name.toLowerCase() !== 'proto') continue;
    const message = value.replace(/^"(.*)"$/, '$1');
    const known = Object.hasOwn(messages, message) ? messages[message] : undefined;
    if (known === undefined)
      throw refuse(
        `the message ${shown(message)} is not known here; this door takes ${Object.keys(messages).join(' and ')}`,
      );
    version = known;
  }
  const encoding = (headers['content-encoding'] ?? 'snappy').trim().toLowerCase();
  if (encoding !== 'snappy')
    throw refuse(`Content-Encoding ${shown(encoding)} is not taken here; remote write sends snappy (block format)`);
  const told = headers['x-prometheus-remote-write-version'];
  const major = typeof told === 'string' ? /^\s*(\d+)\./.exec(told)?.[1] : undefined;
  if (major !== undefined && Number(major) > 2)
    throw refuse(`remote write ${shown(String(told))} is not known here; this door speaks 1.0 and 2.0`);
  return version;
}

const framedBeginning = Buffer.from([0xff, 0x06, 0x00, 0x00, 0x73, 0x4e, 0x61, 0x50, 0x70, 0x59]);

/** Refuses what is easily mistaken for a snappy block, with 400 and the cure. */
export function refuseFramedSnappy(body: Buffer): void {
  if (body.length >= framedBeginning.length && framedBeginning.compare(body, 0, framedBeginning.length) === 0)
    throw new BinnacleError(
      'malformed_body',
      'byte 0: the body is snappy in the framed format; remote write sends the block format',
    );
}

const refuse = (message: string) => new BinnacleError('unsupported_media_type', message);
const shown = (text: string) => JSON.stringify(text.slice(0, 100));
