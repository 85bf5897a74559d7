import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import { z } from 'zod';

export const manifestFile = 'manifest.json';
/** The manifest's own digest, in the form of `sha256sum`: written last, so that a backup without it is not whole. */
export const digestFile = 'manifest.json.sha256';

const identifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/);
/** A path below the backup's folder: no step up, no root. */
const relativePath = z
  .string()
  .min(1)
  .refine(
    (text) => !path.isAbsolute(text) && !text.split('/').some((step) => step === '' || step === '.' || step === '..'),
  );

const fileEntry = z.strictObject({
  path: relativePath,
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** `manifest.json` of a backup. */
export const manifestSchema = z.strictObject({
  format: z.literal(1),
  /** Version of Binnacle that made it. */
  version: z.string(),
  startedAt: z.iso.datetime(),
  telemetry: z
    .strictObject({
      engineVersion: z.string(),
      schemaVersion: z.int(),
      tables: z.array(z.strictObject({ name: identifier, create: z.string() })),
    })
    .optional(),
  state: z
    .strictObject({
      migrations: z.array(z.string()),
      tables: z.array(z.strictObject({ name: identifier, columns: z.array(z.string()) })),
      sequences: z.array(z.strictObject({ name: identifier, value: z.string().regex(/^-?\d+$/), called: z.boolean() })),
    })
    .optional(),
  files: z.array(fileEntry),
});

export type Manifest = z.output<typeof manifestSchema>;
export type BackupFile = z.output<typeof fileEntry>;

/** Reads and checks the manifest of a backup; its files are checked as they are read. Throws `bad_request`. */
export async function readManifest(folder: string): Promise<Manifest> {
  const read = (name: string) => readFile(path.join(folder, name), 'utf8').catch(() => undefined);
  const [text, digest] = await Promise.all([read(manifestFile), read(digestFile)]);
  if (text === undefined || digest === undefined)
    throw new BinnacleError(
      'bad_request',
      `${folder} is not a whole backup: ${manifestFile} or its digest is missing.`,
    );
  if (digest.split(' ', 1)[0] !== createHash('sha256').update(text).digest('hex'))
    throw new BinnacleError('bad_request', `${folder} was changed: ${manifestFile} is not what the backup wrote.`);
  const { format } = JSON.parse(text) as { format?: unknown };
  if (format !== 1)
    throw new BinnacleError(
      'conflict',
      `${folder} has format ${String(format)}, this Binnacle knows 1: use a newer one.`,
    );
  return manifestSchema.parse(JSON.parse(text));
}
