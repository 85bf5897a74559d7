import { BinnacleError } from '@binnacle/shared/errors.ts';
import { z } from 'zod';
import { type AskFlags, askedTimes, askGateway } from './promql-gateway.ts';

const labels = z.record(z.string(), z.string());
/** Unix seconds, and a float as text. */
const point = z.tuple([z.number(), z.string()]);

/** The part of the API's answer that is shown. */
const answerSchema = z.object({
  status: z.literal('success'),
  data: z.discriminatedUnion('resultType', [
    z.object({ resultType: z.literal('scalar'), result: point }),
    z.object({ resultType: z.literal('string'), result: point }),
    z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: labels, value: point })) }),
    z.object({
      resultType: z.literal('matrix'),
      result: z.array(z.object({ metric: labels, values: z.array(point) })),
    }),
  ]),
  warnings: z.array(z.string()).default([]),
  infos: z.array(z.string()).default([]),
});

type Data = z.infer<typeof answerSchema>['data'];

/** `binnacle promql query`: prints a table, warnings to the error output. */
export async function runPromqlQuery(expr: string, flags: AskFlags): Promise<void> {
  const { range, times } = askedTimes(flags, Date.now());
  const door = range ? '/api/v1/query_range' : '/api/v1/query';
  const body = await askGateway(flags, door, { query: expr, ...times }, process.env);
  if (flags.json === true) {
    console.log(JSON.stringify(body, null, 2));
    return;
  }
  const answer = answerSchema.safeParse(body);
  if (!answer.success)
    throw new BinnacleError(
      'upstream_failed',
      'the answer is not one of the Prometheus API, or holds native histograms',
    );
  for (const warning of answer.data.warnings) console.error(`warning: ${warning}`);
  for (const info of answer.data.infos) console.error(`info: ${info}`);
  for (const line of tableOf(answer.data.data)) console.log(line);
}

/** The answer as lines: one for each series, or one for each point below its series. */
export function tableOf(data: Data): string[] {
  switch (data.resultType) {
    case 'scalar':
      return [`${data.result[1]}  @ ${shownTime(data.result[0])}`];
    case 'string':
      return [JSON.stringify(data.result[1])];
    case 'vector': {
      if (data.result.length === 0) return ['no series'];
      const names = data.result.map(({ metric }) => shownLabels(metric));
      const width = Math.max(...names.map((name) => name.length));
      return data.result.map(({ value }, i) => `${(names[i] as string).padEnd(width)}  ${value[1]}`);
    }
    case 'matrix':
      if (data.result.length === 0) return ['no series'];
      return data.result.flatMap(({ metric, values }) => [
        shownLabels(metric),
        ...values.map(([time, value]) => `  ${shownTime(time)}  ${value}`),
      ]);
  }
}

const shownTime = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString();

/** `metric{a="b"}`; what could move a terminal's cursor is escaped. */
function shownLabels({ __name__: name = '', ...others }: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(others).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  if (pairs.length === 0 && name !== '') return name;
  return `${name}{${pairs.join(', ')}}`;
}
