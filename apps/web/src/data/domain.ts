import { clustersAnswer, recordsAnswer, sourcesAnswer } from '@binnacle/shared/api/domain.ts';
import { freshnessAnswer } from '@binnacle/shared/api/freshness.ts';
import type { RecordKind } from '@binnacle/shared/telemetry/records.ts';
import type { z } from 'zod';
import { GatewayError } from './gateway-error.ts';
import { askGateway } from './prometheus.ts';

function decode<T extends z.ZodType>(schema: T, body: unknown, door: string): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new GatewayError(
    'upstream_failed',
    `Unexpected answer of ${door} at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? ''}`,
    200,
  );
}

export const fetchSources = async (signal?: AbortSignal) =>
  decode(sourcesAnswer, await askGateway('/api/binnacle/sources', {}, signal), '/api/binnacle/sources');

export const fetchClusters = async (signal?: AbortSignal) =>
  decode(clustersAnswer, await askGateway('/api/binnacle/clusters', {}, signal), '/api/binnacle/clusters');

export const fetchFreshness = async (signal?: AbortSignal) =>
  decode(freshnessAnswer, await askGateway('/api/binnacle/freshness', {}, signal), '/api/binnacle/freshness');

export interface RecordsQuestion {
  readonly kind: RecordKind;
  readonly cluster?: string;
  readonly key?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly limit?: number;
}

/** Records of a kind, newest first. The caller parses `body` with the kind's schema of `api/domain.ts`. */
export async function fetchRecords(question: RecordsQuestion, signal?: AbortSignal) {
  const parameters: Record<string, string> = { kind: question.kind };
  if (question.cluster !== undefined) parameters.cluster = question.cluster;
  if (question.key !== undefined) parameters.key = question.key;
  if (question.fromMs !== undefined) parameters.from = String(Math.round(question.fromMs));
  if (question.toMs !== undefined) parameters.to = String(Math.round(question.toMs));
  if (question.limit !== undefined) parameters.limit = String(question.limit);
  return decode(recordsAnswer, await askGateway('/api/binnacle/records', parameters, signal), '/api/binnacle/records')
    .records;
}
