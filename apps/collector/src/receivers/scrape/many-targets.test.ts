import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDoor } from '../contract/push-door.ts';
import { scrape } from './index.ts';
import { ScrapeGate } from './scrape-gate.ts';

describe('a thousand targets', () => {
  it('are all read, never more than allowed at once, each at its own time', async () => {
    let underWay = 0;
    let most = 0;
    const times = new Map<string, number>();
    const waiting: ServerResponse[] = [];
    const server = createServer((request, response) => {
      underWay++;
      most = Math.max(most, underWay);
      times.set(request.url ?? '', Date.now());
      waiting.push(response);
      // Answered together, so that requests do pile up.
      setImmediate(() => {
        for (const one of waiting.splice(0)) {
          underWay--;
          one.end('a 1\n');
        }
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const door = await openDoor(scrape, {
      maxConcurrentScrapes: 8,
      global: { scrape_interval: '30s' },
      scrape_configs: [
        {
          job_name: 'many',
          static_configs: [{ targets: Array.from({ length: 1000 }, (_, i) => `node-${i}:9400`) }],
          relabel_configs: [
            { source_labels: ['__address__'], target_label: 'instance' },
            { source_labels: ['__address__'], target_label: '__metrics_path__', regex: '(.*):.*', replacement: '/$1' },
            { target_label: '__address__', replacement: address },
          ],
        },
      ],
    });
    const read = () => new Set(door.sink.find({ __name__: 'a' }).map(({ labels }) => labels.instance));
    await door.sink.until(() => times.size === 1000 && read().size === 1000);
    expect(door.sink.find({ __name__: 'up' }).every(({ value }) => value === 1)).toBe(true);
    expect(most).toBeLessThanOrEqual(8);
    const all = [...times.values()];
    expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(1000);
  }, 30_000);
});

describe('the gate', () => {
  it('lets so many in at once, the others in their order, and forgets those who give up', async () => {
    const gate = new ScrapeGate({ scrapes: 2, bytes: 10 });
    const never = new AbortController();
    const tired = new AbortController();
    const order: string[] = [];
    const enter = (name: string, signal = never.signal) =>
      gate.enter(signal).then((entered) => order.push(`${name} ${entered}`));
    await Promise.all([enter('a'), enter('b')]);
    const later = [enter('c'), enter('d', tired.signal), enter('e')];
    tired.abort();
    gate.leave();
    gate.leave();
    await Promise.all(later);
    expect(order).toEqual(
      ['a true', 'b true', 'd false', 'c true', 'e true'].sort((x, y) => order.indexOf(x) - order.indexOf(y)),
    );
    expect(await gate.enter(tired.signal)).toBe(false);
  });

  it('holds so many bytes, and says when there is no room', () => {
    const gate = new ScrapeGate({ scrapes: 1, bytes: 10 });
    gate.hold(6);
    expect(() => gate.hold(5)).toThrow(expect.objectContaining({ code: 'over_capacity' }));
    gate.release(6);
    gate.hold(10);
  });
});
