import { ByteChunks } from '@binnacle/promql/result/byte-chunks.ts';
import { formatMetric } from '@binnacle/promql/result/json.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import type { SampleReader } from '@binnacle/shared/telemetry/reader.ts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { sendChunks, sendData } from './answers.ts';
import { unescapeName } from './escaped-name.ts';
import { Parameters } from './parameters.ts';

const truncated = 'results truncated due to limit';

/** `series`, `labels`, `label/<name>/values` and `metadata`: what there is, rather than its values. */
export function registerCatalogueRoutes(app: FastifyInstance, reader: SampleReader): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/api/v1/series',
    handler: async (request, reply) => {
      const parameters = new Parameters(request);
      const limit = parameters.limit();
      const range = parameters.range();
      const sets = parameters.matcherSets();
      if (sets.length === 0) throw new BinnacleError('query_invalid', 'no match[] parameter provided');
      const found = await Promise.all(sets.map((matchers) => reader.select(matchers, range)));
      const series = new Map<string, LabelSet>();
      for (const entry of found.flat()) series.set(entry.labels.key, entry.labels);
      const all = [...series.values()];
      const shown = limit > 0 ? all.slice(0, limit) : all;
      return sendChunks(reply, labelSets(shown), { warnings: shown.length < all.length ? [truncated] : [] });
    },
  });
  app.route({
    method: ['GET', 'POST'],
    url: '/api/v1/labels',
    handler: async (request, reply) => {
      const parameters = new Parameters(request);
      const range = parameters.range();
      const sets = parameters.matcherSets();
      const names = await Promise.all(
        (sets.length > 0 ? sets : [[]]).map((matchers) => reader.labelNames(matchers, range)),
      );
      return sendNames(reply, names, parameters.limit());
    },
  });
  app.get<{ Params: { name: string } }>('/api/v1/label/:name/values', async (request, reply) => {
    const parameters = new Parameters(request);
    const range = parameters.range();
    const sets = parameters.matcherSets();
    const name = unescapeName(request.params.name);
    const values = await Promise.all(
      (sets.length > 0 ? sets : [[]]).map((matchers) => reader.labelValues(name, matchers, range)),
    );
    return sendNames(reply, values, parameters.limit());
  });
  app.get('/api/v1/metadata', async (request, reply) => {
    const parameters = new Parameters(request);
    const limit = parameters.signedLimit('limit');
    // Unlike the other limit, 0 is none here.
    const limitPerMetric = parameters.signedLimit('limit_per_metric') || Number.POSITIVE_INFINITY;
    const families: Record<string, { type: string; help: string; unit: string }[]> = {};
    for (const { family, type, help, unit } of await reader.metadata(parameters.text('metric'))) {
      const known = Object.hasOwn(families, family) ? families[family] : undefined;
      if (known === undefined) {
        if (Object.keys(families).length >= limit) continue;
        families[family] = [{ type, help, unit }];
      } else if (known.length < limitPerMetric) {
        if (!known.some((other) => other.type === type && other.help === help && other.unit === unit)) {
          known.push({ type, help, unit });
        }
      }
    }
    return sendData(reply, families);
  });
}

function sendNames(reply: FastifyReply, lists: readonly (readonly string[])[], limit: number): FastifyReply {
  const names = [...new Set(lists.flat())].sort();
  const shown = limit > 0 ? names.slice(0, limit) : names;
  return sendData(reply, shown, { warnings: shown.length < names.length ? [truncated] : [] });
}

function* labelSets(series: readonly LabelSet[]): Generator<Uint8Array> {
  const out = new ByteChunks(series.length * 256);
  out.text('[');
  for (const [index, labels] of series.entries()) {
    out.text(`${index > 0 ? ',' : ''}${formatMetric(labels)}`);
    if (out.full) yield out.take();
  }
  out.text(']');
  yield out.rest();
}
