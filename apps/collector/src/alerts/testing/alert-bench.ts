import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { State } from '@binnacle/db/state/open-state.ts';
import { pino } from 'pino';
import { addressPolicy } from '../../net/address-policy.ts';
import { createGuardedFetch } from '../../net/guarded-fetch.ts';
import { createEvaluator, type Evaluator } from '../evaluator.ts';
import type { AlertSeries } from '../instances.ts';
import { createOutbox, type Outbox, type OutboxOptions } from '../outbox.ts';

export const quiet = pino({ level: 'silent' });

/** A clock that a test moves. */
export class TestClock {
  ms = Date.parse('2026-03-01T12:00:00Z');
  readonly now = (): number => this.ms;
  pass(seconds: number): void {
    this.ms += seconds * 1000;
  }
}

/** What the queries of the test's rules return, by expression; an error is thrown. */
export class TestQueries {
  readonly results = new Map<string, readonly AlertSeries[] | Error>();
  readonly #held = new Map<string, Promise<void>>();
  /** Lets the queries of an expression wait. */
  hold(expr: string, until: Promise<void>): void {
    this.#held.set(expr, until);
  }
  readonly asked: Array<{ expr: string; timeMs: number }> = [];
  readonly evaluate = async (expr: string, timeMs: number): Promise<readonly AlertSeries[]> => {
    this.asked.push({ expr, timeMs });
    await this.#held.get(expr);
    const result = this.results.get(expr) ?? [];
    if (result instanceof Error) throw result;
    return result;
  };
}

export function testEvaluator(state: State, queries: TestQueries, clock: TestClock, onQueued = () => {}): Evaluator {
  return createEvaluator({
    state,
    evaluate: queries.evaluate,
    log: quiet,
    now: clock.now,
    onQueued,
    onLead: async () => undefined,
  });
}

export interface TestOutbox extends Outbox {
  close(): Promise<void>;
}

export function testOutbox(state: State, clock: TestClock, silenceOf?: OutboxOptions['silenceOf']): TestOutbox {
  const fetchGuarded = createGuardedFetch(addressPolicy('127.0.0.1'));
  const sender = { fetchGuarded, externalUrl: 'https://binnacle.example', now: clock.now };
  const outbox = createOutbox({ state, sender, log: quiet, random: () => 0.5, ...(silenceOf && { silenceOf }) });
  return Object.assign(outbox, {
    async close() {
      await outbox.stop();
      await fetchGuarded.close();
    },
  });
}

export interface Received {
  readonly headers: IncomingMessage['headers'];
  /** Path and query. */
  readonly url: string;
  readonly body: string;
}

/** A server on loopback that answers as the test says, and keeps what it was sent. */
export interface TestReceiver {
  readonly url: string;
  readonly received: Received[];
  answer: (response: ServerResponse, received: Received) => void;
  close(): Promise<void>;
}

export async function startReceiver(): Promise<TestReceiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const one = { headers: request.headers, url: request.url ?? '', body };
      received.push(one);
      receiver.answer(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const receiver: TestReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/services/T0/B0/secret`,
    received,
    answer: (response) => response.end('ok'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return receiver;
}

/** A rule row with the fields that a test does not care about. */
export function ruleRow(name: string, more: { expr?: string; forSeconds?: number; enabled?: boolean } = {}) {
  return {
    name,
    layer: 'gpu',
    expr: more.expr ?? name,
    forSeconds: more.forSeconds ?? 0,
    intervalSeconds: 15,
    severity: 'critical',
    labels: { team: 'infra' },
    annotations: { summary: '{{ $labels.gpu }} at {{ $value }}', page: '/gpus' },
    enabled: more.enabled ?? true,
  };
}
