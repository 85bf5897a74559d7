import type { LabelSet } from '@binnacle/shared/telemetry/labels.ts';
import { expect, it, onTestFinished } from 'vitest';
import { randomFrom } from '../../src/receivers/contract/mutations.ts';
import { GatewayUnderFault } from './gateway-under-fault.ts';
import { bodyOf, RemoteWriter, series } from './remote-writer.ts';

const seed = Number(process.env.BINNACLE_FAULT_SEED ?? Date.now() % 2 ** 31);
const kills = Number(process.env.BINNACLE_FAULT_KILLS ?? 50);
const connections = 8;
const lanes = 20;
const stepMs = 3000;
const random = randomFrom(seed);

interface Sent {
  readonly era: number;
  acknowledged: boolean;
}

/** One connection's sender: request n has one sample of every lane at `baseMs + n * stepMs`, with a value of its own. */
class Sender {
  readonly sent: Sent[] = [];
  readonly connection: number;
  readonly #baseMs: number;
  readonly #writer: RemoteWriter;
  readonly #labels = new Map<number, LabelSet[]>();

  constructor(connection: number, baseMs: number, url: string) {
    this.connection = connection;
    this.#baseMs = baseMs;
    this.#writer = new RemoteWriter(url, 1);
  }

  valueOf(n: number, lane: number): number {
    return (this.connection * 100_000 + n) * lanes + lane;
  }

  /** Sends until told to stop. What got no answer is sent again, or given up, as a sender that restarts would. */
  async run(era: () => number, stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      const n = this.sent.length;
      const request: Sent = { era: era(), acknowledged: false };
      this.sent.push(request);
      const body = this.#body(n, request.era);
      for (;;) {
        const answer = await this.#writer.send(body).catch(() => undefined);
        if (answer?.status === 204) request.acknowledged = true;
        if (answer !== undefined && answer.status < 500) break;
        if (stopped() || random() < 0.02) break;
        await new Promise((resolve) => setTimeout(resolve, 15));
      }
    }
    this.#writer.close();
  }

  #body(n: number, era: number): Uint8Array {
    let labels = this.#labels.get(era);
    if (labels === undefined) {
      labels = Array.from({ length: lanes }, (_, lane) =>
        series('fault_sample', { connection: `${this.connection}`, lane: `${lane}`, era: `${era}` }),
      );
      this.#labels.set(era, labels);
    }
    return bodyOf(labels.map((of, lane) => [of, this.#baseMs + n * stepMs, this.valueOf(n, lane)]));
  }
}

it(`every acknowledged sample outlives kill -9, exactly once (seed ${seed})`, { timeout: 240_000 }, async ({
  annotate,
}) => {
  const gateway = await GatewayUnderFault.start();
  // An ordinary end writes the cache of compiled modules, from which the others start quickly.
  await gateway.stop();
  gateway.begin();
  await gateway.ready();
  const baseMs = Math.floor(Date.now() / 1000) * 1000 - 12 * 3_600_000;
  let era = 0;
  let stopped = false;
  const senders = Array.from({ length: connections }, (_, i) => new Sender(i, baseMs, gateway.url));
  const running = Promise.all(
    senders.map((sender) =>
      sender.run(
        () => era,
        () => stopped,
      ),
    ),
  );
  onTestFinished(() => {
    stopped = true;
  });

  for (let kill = 0; kill < kills; kill++) {
    // One of five comes while it still starts; the others up to a third of a second after it is ready.
    const early = random() < 0.2;
    if (!early) await gateway.ready();
    await new Promise((resolve) => setTimeout(resolve, random() * (early ? 700 : 350)));
    expect(gateway.running, gateway.output).toBe(true);
    await gateway.kill();
    era++;
    gateway.begin();
  }
  await gateway.ready();
  // A last era, so that something is acknowledged after the last kill too.
  const before = senders.map(({ sent }) => sent.length);
  await expect.poll(() => senders.every(({ sent }, i) => sent.length > (before[i] as number) + 1)).toBe(true);
  stopped = true;
  await running;
  const least = lanes * senders.reduce((sum, { sent }) => sum + sent.filter((one) => one.acknowledged).length, 0);
  // What was acknowledged is found when the store has taken it, which a restart does not hold up.
  await expect
    .poll(() => gateway.value('sum(count_over_time(fault_sample[13h]))'), { timeout: 20_000 })
    .toBeGreaterThanOrEqual(least);

  let present = 0;
  const faults: string[] = [];
  for (const sender of senders) {
    const seen = new Map<number, number>();
    for (const { metric, values } of await gateway.raw(`fault_sample{connection="${sender.connection}"}`, '13h')) {
      const lane = Number(metric.lane);
      for (const [seconds, text] of values) {
        const n = (seconds * 1000 - baseMs) / stepMs;
        present++;
        const key = n * lanes + lane;
        seen.set(key, (seen.get(key) ?? 0) + 1);
        if (String(sender.sent[n]?.era) !== metric.era || Number(text) !== sender.valueOf(n, lane)) {
          faults.push(`never sent: ${JSON.stringify(metric)} ${seconds} ${text}`);
        }
      }
    }
    for (const [n, { acknowledged }] of sender.sent.entries()) {
      for (let lane = 0; lane < lanes; lane++) {
        const count = seen.get(n * lanes + lane) ?? 0;
        if (count > 1 || (acknowledged && count !== 1)) faults.push(`request ${n} of ${sender.connection}: ${count}`);
      }
    }
  }
  const acknowledged = senders.reduce((sum, { sent }) => sum + sent.filter((one) => one.acknowledged).length, 0);
  const offered = senders.reduce((sum, { sent }) => sum + sent.length, 0);
  await annotate(`${kills} kills, ${acknowledged} of ${offered} requests acknowledged, ${present} samples there`);
  expect(faults.slice(0, 10)).toEqual([]);
  expect(acknowledged).toBeGreaterThan(kills * 4);
  expect(await gateway.value('sum(count_over_time(fault_sample[13h]))')).toBe(present);
});
