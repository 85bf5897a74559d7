import { BinnacleError } from '@binnacle/shared/errors.ts';
import { catalogue } from '@binnacle/shared/metrics/catalogue.ts';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import type { ReceiverDefinition } from '../receiver.ts';
import {
  bytesInUse,
  type Clause,
  leftOver,
  openHandles,
  type ReceiverHarness,
  type Stage,
  untilSources,
} from './harness.ts';
import { mutations } from './mutations.ts';
import { openDoor, type RunningReceiver } from './push-door.ts';

/** Broken bodies that every push door gets. */
const mutatedRequests = 10_000;
/** Half of them may leave so much behind: names and series are kept on purpose, up to a bound. */
const allowedGrowthBytes = 12 * 1024 * 1024;

/** The contract of `receivers/README.md`, checked for one receiver. Call it at the top level of the receiver's test. */
export function describeReceiverContract<Config>(
  definition: ReceiverDefinition<Config>,
  harness: ReceiverHarness,
): void {
  const clause = (name: Clause, test: () => Promise<void> | void): void => {
    const reason = harness.skips?.[name];
    if (reason === undefined) it(name, test);
    else it.skip(`${name} (${reason})`, () => {});
  };

  const start = (stage: Stage, config: unknown = stage.config) => openDoor(definition, config, stage.now);

  async function open(): Promise<Stage> {
    const stage = await harness.open();
    onTestFinished(() => stage.close());
    return stage;
  }

  async function deliver(stage: Stage, { sink, origin }: RunningReceiver): Promise<void> {
    if (harness.kind === 'push') expect((await stage.push?.(origin))?.status).toBeLessThan(300);
    await sink.until(() => sink.samples.some((sample) => sample.labels.__name__ === stage.family));
  }

  describe(`receiver contract: ${definition.name}`, () => {
    clause('strict config', () => {
      const result = definition.config.safeParse({ ...(harness.minimalConfig as object), noSuchOption: 1 });
      expect(result.success).toBe(false);
      expect(JSON.stringify(result.error?.issues)).toContain('noSuchOption');
    });

    clause('documented config', () => {
      definition.config.parse(harness.minimalConfig);
      expect(undescribed(z.toJSONSchema(definition.config, { io: 'input', unrepresentable: 'any' }), '')).toEqual([]);
      expect(definition.summary).not.toBe('');
    });

    clause('source away', async () => {
      const stage = await open();
      const running = await start(stage, harness.kind === 'pull' ? stage.awayConfig : stage.config);
      if (harness.kind === 'push') {
        expect(running.receiver.sources().map((source) => source.state)).not.toContain('up');
        return;
      }
      const sources = await untilSources(
        () => running.receiver.sources(),
        (all) => all.some((source) => source.lastError !== null),
      );
      for (const source of sources) expect(['down', 'waiting', 'consent']).toContain(source.state);
      expect(running.sink.samples.filter((sample) => sample.labels.__name__ === 'up' && sample.value !== 0)).toEqual(
        [],
      );
    });

    clause('samples arrive', async () => {
      const stage = await open();
      const running = await start(stage);
      await deliver(stage, running);
      for (const sample of running.sink.samples) expect(sample.labels).toMatchObject(stage.labels);
      expect(running.sink.origins.every((origin) => origin.receiver === definition.name)).toBe(true);
      expect(running.sink.faults).toEqual([]);
      const sources = await untilSources(
        () => running.receiver.sources(),
        (all) => all.some((source) => source.state === 'up'),
      );
      expect(sources.some((source) => source.state === 'up' && source.lastSampleAt !== null)).toBe(true);
      expect(sources.every((source) => source.receiver === definition.name)).toBe(true);
    });

    clause('sink over capacity', async () => {
      const stage = await open();
      const running = await start(stage);
      running.sink.failNext(new BinnacleError('over_capacity', 'the store cannot keep up', { retryAfterSeconds: 7 }));
      if (harness.kind === 'push') {
        const response = await stage.push?.(running.origin);
        expect(response?.status).toBe(503);
        expect(response?.headers.get('retry-after')).toBe('7');
        expect(running.sink.samples).toEqual([]);
      } else {
        await running.sink.until(() => running.sink.turnedAway > 0);
      }
      await deliver(stage, running);
      expect(running.sink.turnedAway).toBe(1);
      const seen = running.sink.samples.map(({ labels, timestampMs }) => `${JSON.stringify(labels)}@${timestampMs}`);
      expect(seen.length).toBe(new Set(seen).size);
    });

    clause('malformed input', async () => {
      const stage = await open();
      if (harness.kind === 'push') {
        const running = await start(stage);
        const response = await stage.pushMalformed?.(running.origin);
        expect(response?.status).toBe(400);
        expect(await response?.text()).toMatch(harness.placeOfFault);
        expect(running.sink.samples).toEqual([]);
        return;
      }
      const running = await start(stage, stage.malformedConfig);
      const faulty = (text: string | null) => text !== null && harness.placeOfFault.test(text);
      await untilSources(
        () => running.receiver.sources(),
        (all) => all.some((source) => faulty(source.lastError)),
      );
      expect(running.sink.faults).toEqual([]);
    });

    const targets = harness.mutate ?? [];
    it.skipIf(targets.length === 0)(
      `hostile bodies${targets.length === 0 ? ' (names none to break)' : ''}`,
      async () => {
        const stage = await open();
        const { sink, inject } = await start(stage);
        const share = Math.ceil(mutatedRequests / targets.length);
        const odd: string[] = [];
        const seen = { taken: 0, refused: 0 };
        let before = 0;
        for (let round = 0; round < 2; round++) {
          for (const [i, { url, headers, good, wrap = (broken: Buffer) => broken }] of targets.entries()) {
            for (const body of mutations(good, share / 2, 100 * round + i)) {
              const status = await inject(url, headers, wrap(body));
              if (status < 300) seen.taken++;
              else if (status >= 400 && status < 500) seen.refused++;
              else odd.push(`${status} to ${body.toString('hex').slice(0, 200)}`);
              sink.forget();
            }
          }
          // The first round fills what is meant to be kept; a second one may add next to nothing.
          if (round === 0) before = bytesInUse();
        }
        expect(odd).toEqual([]);
        expect(sink.faults).toEqual([]);
        expect(seen.taken).toBeGreaterThan(0);
        expect(seen.refused).toBeGreaterThan(mutatedRequests / 10);
        expect(bytesInUse() - before).toBeLessThan(allowedGrowthBytes);
      },
      60_000,
    );

    clause('stop leaves nothing', async () => {
      const stage = await open();
      const before = openHandles();
      const running = await start(stage);
      await deliver(stage, running);
      await running.stop();
      const kept = running.sink.samples.length;
      expect(await leftOver(before)).toEqual([]);
      expect(running.sink.samples.length).toBe(kept);
    });

    clause('no secrets', async () => {
      const stage = await open();
      const running = await start(stage);
      await deliver(stage, running);
      const text = JSON.stringify(running.receiver.sources());
      for (const secret of stage.secrets ?? []) expect(text).not.toContain(secret);
      expect(text).not.toMatch(/:\/\/[^/"]*@/);
    });

    clause('catalogue', async () => {
      const stage = await open();
      const running = await start(stage);
      await deliver(stage, running);
      const known = new Map(catalogue.map((entry) => [entry.name, entry]));
      for (const metadata of definition.emits)
        expect(known.get(metadata.family)?.type, metadata.family).toBe(metadata.type);
      const emitted = new Set(running.sink.samples.map((sample) => sample.labels.__name__ as string));
      const own = [...emitted].filter((name) => name.startsWith('binnacle_'));
      expect(own.filter((name) => !known.has(name))).toEqual([]);
    });
  });
}

/** Paths of options without a description. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, items, anyOf, oneOf, prefixItems } = schema as Record<string, unknown>;
  const missing: string[] = [];
  for (const [name, property] of Object.entries((properties as Record<string, object> | undefined) ?? {})) {
    if (!('description' in property)) missing.push(`${path}.${name}`);
    missing.push(...undescribed(property, `${path}.${name}`));
  }
  for (const part of [items, anyOf, oneOf, prefixItems].flat()) missing.push(...undescribed(part, path));
  return missing;
}
