import { type Agreement, compareAnswers, compareShape } from './agreement.ts';
import { cpuMs } from './cpu.ts';
import type { Dataset } from './dataset.ts';
import { expectOk, get } from './http.ts';
import type { Options, ServerName } from './options.ts';
import { type BenchQuery, queries, rangePath, type Window, windows } from './queries.ts';
import type { RunningServer } from './servers.ts';
import { type Summary, summary } from './statistics.ts';

export interface QueryFigures {
  readonly query: string;
  readonly window: string;
  readonly text: string;
  readonly ms: Readonly<Partial<Record<ServerName, Summary>>>;
  /** CPU time of the server per query, mean over all measurements. */
  readonly cpuMs: Readonly<Partial<Record<ServerName, number>>>;
  /** Every measurement, in the order it was taken. */
  readonly raw: Readonly<Partial<Record<ServerName, readonly number[]>>>;
  readonly bytes: Readonly<Partial<Record<ServerName, number>>>;
  /** Why a server has no times. */
  readonly failures: Readonly<Partial<Record<ServerName, string>>>;
  readonly agreement: Agreement | undefined;
  readonly shapeOfVictoriaMetrics: ReturnType<typeof compareShape> | undefined;
}

export interface Question {
  readonly query: BenchQuery;
  readonly window: Window;
  readonly path: string;
}

export function questions(options: Options, dataset: Dataset): Question[] {
  return windows.flatMap((window) =>
    queries
      .filter(({ letter }) => options.queries?.includes(letter) ?? true)
      .map((query) => ({ query, window, path: rangePath(query.text, window, dataset) })),
  );
}

/**
 * Times of a to g at both windows. Once each to warm up and to compare the answers; then rounds, in which each query goes
 * to the servers in turn, so that whatever else the machine does meets all of them.
 */
export async function measureLatency(
  options: Options,
  dataset: Dataset,
  servers: readonly RunningServer[],
): Promise<QueryFigures[]> {
  const asked = questions(options, dataset);
  const warm: WarmUp[] = [];
  for (const question of asked) warm.push(await warmUp(question, servers));
  const raw = asked.map(() => new Map<ServerName, number[]>(servers.map(({ name }) => [name, []])));
  const cpu = asked.map(() => new Map<ServerName, number>());
  for (let round = 0; round < options.rounds; round++) {
    for (const [i, { query, path }] of asked.entries()) {
      for (let turn = 0; turn < servers.length; turn++) {
        const server = servers[(turn + round) % servers.length] as RunningServer;
        if (warm[i]?.failures[server.name] !== undefined) continue;
        const cpuBefore = cpuMs(server.pid);
        for (let repeat = 0; repeat < options.repeats; repeat++) {
          const answer = expectOk(await get(server.ask(path)), `${server.name}, query ${query.letter}`);
          raw[i]?.get(server.name)?.push(answer.ms);
        }
        const cpuAfter = cpuMs(server.pid);
        if (cpuBefore !== undefined && cpuAfter !== undefined)
          cpu[i]?.set(server.name, (cpu[i]?.get(server.name) ?? 0) + cpuAfter - cpuBefore);
      }
    }
  }
  return asked.map(({ query, window }, i) => ({
    query: query.letter,
    window: window.name,
    text: query.text,
    ms: Object.fromEntries(
      [...(raw[i] ?? [])].filter(([, values]) => values.length > 0).map(([name, values]) => [name, summary(values)]),
    ),
    cpuMs: Object.fromEntries(
      [...(cpu[i] ?? [])].map(([name, ms]) => [name, Number((ms / options.rounds / options.repeats).toFixed(1))]),
    ),
    raw: Object.fromEntries(
      [...(raw[i] ?? [])].map(([name, values]) => [name, values.map((ms) => Number(ms.toFixed(2)))]),
    ),
    ...(warm[i] as WarmUp),
  }));
}

type WarmUp = Pick<QueryFigures, 'bytes' | 'failures' | 'agreement' | 'shapeOfVictoriaMetrics'>;

async function warmUp({ query, path }: Question, servers: readonly RunningServer[]): Promise<WarmUp> {
  const bodies = new Map<ServerName, Buffer>();
  const failures: Partial<Record<ServerName, string>> = {};
  for (const server of servers) {
    await get(server.ask(path));
    const { status, body } = await get(server.ask(path));
    if (status === 200) bodies.set(server.name, body);
    else failures[server.name] = `${status} ${body.toString('utf8', 0, 300)}`;
  }
  const [ours, reference, victoria] = (['binnacle', 'prometheus', 'victoria-metrics'] as const).map((name) =>
    bodies.get(name),
  );
  return {
    failures,
    bytes: Object.fromEntries([...bodies].map(([name, body]) => [name, body.length])),
    agreement: ours && reference ? compareAnswers(query, ours, reference) : undefined,
    shapeOfVictoriaMetrics: victoria && reference ? compareShape(victoria, reference) : undefined,
  };
}
