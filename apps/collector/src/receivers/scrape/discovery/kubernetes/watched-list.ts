import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { Logger } from 'pino';
import { z } from 'zod';
import { addToCounter } from '../../../../telemetry/instruments.ts';
import type { ObjectMetadata } from './api-objects.ts';
import { type ApiServer, ExpiredError } from './api-server.ts';
import { objectKey, type Resource } from './resources.ts';

type AnyObject = { readonly metadata: ObjectMetadata };

export interface WatchedListOptions {
  readonly api: ApiServer;
  readonly resource: Resource;
  /** Undefined: all of them. */
  readonly namespace: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Called with the keys that changed; with undefined when only `error` or `synced` did. */
  readonly changed: (keys: Iterable<string> | undefined) => void;
  readonly log: Logger;
  /** Wait after a first failure; it doubles up to thirty times that. Default 1000. */
  readonly retryMs?: number;
}

const listMetadata = z.object({ resourceVersion: z.string().nullish(), continue: z.string().nullish() });
const page = z.object({ metadata: listMetadata, items: z.array(z.unknown()).nullish() });
const event = z.object({ type: z.string(), object: z.unknown() });
const versioned = z.object({ metadata: z.object({ resourceVersion: z.string() }) });
const status = z.object({ code: z.number().nullish() });

const pageSize = 500;
/** A watch ends after this long at the latest, and goes on where it was. */
const watchSeconds = 300;
const longestWaitFactor = 30;

/**
 * A list of objects kept up to date: listed in pages, then watched from the version of the list
 * (kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes). Bookmarks move the version on
 * without a change; a version that the server has forgotten (410 Gone) leads to a new list. While the server is away the
 * last known objects stay.
 */
export class WatchedList {
  readonly #options: WatchedListOptions;
  readonly #stop = new AbortController();
  #objects = new Map<string, AnyObject>();
  #version: string | undefined;
  #synced = false;
  #error: string | null = null;
  #running: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;

  constructor(options: WatchedListOptions) {
    this.#options = options;
  }

  /** Whether a whole list has been read. */
  get synced(): boolean {
    return this.#synced;
  }

  get error(): string | null {
    return this.#error;
  }

  get objects(): ReadonlyMap<string, AnyObject> {
    return this.#objects;
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#wake?.();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { retryMs = 1000, log, resource } = this.#options;
    const { signal } = this.#stop;
    let waitMs = retryMs;
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        if (this.#version === undefined) await this.#list();
        await this.#watch();
        // A server that ends watches at once must not be asked in a tight loop.
        if (performance.now() - begun >= retryMs) {
          waitMs = retryMs;
          continue;
        }
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof ExpiredError) {
          this.#version = undefined;
        } else {
          const message = error instanceof BinnacleError ? error.message : 'cannot be read';
          addToCounter('binnacle_scrape_discovery_failures_total', 1, { mechanism: 'kubernetes' });
          if (this.#error !== message)
            log.warn({ resource: resource.plural, reason: message }, 'objects of Kubernetes are not up to date');
          this.#say(message);
        }
      }
      await this.#pause(waitMs * (0.5 + Math.random() / 2));
      waitMs = Math.min(waitMs * 2, retryMs * longestWaitFactor);
    }
  }

  async #list(): Promise<void> {
    const { api } = this.#options;
    const found = new Map<string, AnyObject>();
    let next = '';
    let version: string | undefined;
    do {
      const path = this.#path({ limit: String(pageSize), ...(next === '' ? {} : { continue: next }) });
      const answer = page.safeParse(await api.getJson(path, this.#stop.signal));
      if (!answer.success) throw new BinnacleError('upstream_failed', 'does not answer with a list of objects');
      const { metadata, items } = answer.data;
      for (const item of items ?? []) {
        const object = this.#read(item);
        if (object !== undefined) found.set(objectKey(object.metadata), object);
      }
      version = metadata.resourceVersion ?? undefined;
      next = metadata.continue ?? '';
    } while (next !== '');
    if (version === undefined) throw new BinnacleError('upstream_failed', 'answers with a list without a version');
    const keys = new Set([...this.#objects.keys(), ...found.keys()]);
    this.#objects = found;
    this.#version = version;
    this.#synced = true;
    this.#error = null;
    this.#options.changed(keys);
  }

  async #watch(): Promise<void> {
    const path = this.#path({
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: this.#version as string,
      timeoutSeconds: String(watchSeconds),
    });
    const lines = this.#options.api.getLines(path, this.#stop.signal, () => this.#say(null));
    for await (const line of lines) {
      if (this.#stop.signal.aborted) return;
      const parsed = event.safeParse(line);
      if (!parsed.success) throw new BinnacleError('upstream_failed', 'sends events that are none');
      const { type, object } = parsed.data;
      if (type === 'ERROR') {
        const code = status.safeParse(object).data?.code;
        if (code === 410) throw new ExpiredError();
        throw new BinnacleError('upstream_failed', `ends the watch with ${code ?? 'an error'}`);
      }
      this.#apply(type, object);
    }
  }

  #apply(type: string, object: unknown): void {
    const at = versioned.safeParse(object).data?.metadata.resourceVersion;
    if (at !== undefined) this.#version = at;
    const read = type === 'BOOKMARK' ? undefined : this.#read(object);
    if (read === undefined) return;
    const key = objectKey(read.metadata);
    if (type === 'DELETED') this.#objects.delete(key);
    else this.#objects.set(key, read);
    this.#options.changed([key]);
  }

  /** An object that has not the shape of its kind is left out: one must not stop the others. */
  #read(object: unknown): AnyObject | undefined {
    const result = this.#options.resource.schema.safeParse(object);
    if (result.success) return result.data;
    this.#options.log.warn({ resource: this.#options.resource.plural }, 'an object of Kubernetes is not understood');
    return undefined;
  }

  #path(parameters: Readonly<Record<string, string>>): string {
    const { resource, namespace, labelSelector, fieldSelector } = this.#options;
    const query = new URLSearchParams(parameters);
    if (labelSelector !== undefined) query.set('labelSelector', labelSelector);
    if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
    const within = resource.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
    return `${resource.base}${within}/${resource.plural}?${query}`;
  }

  #say(error: string | null): void {
    if (this.#error === error) return;
    this.#error = error;
    this.#options.changed(undefined);
  }

  #pause(milliseconds: number): Promise<void> {
    if (this.#stop.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
