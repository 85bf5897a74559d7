import type { PipelineRun } from '@binnacle/shared/api/domain.ts';
import { BinnacleError } from '@binnacle/shared/errors.ts';
import type { z } from 'zod';
import { below, expectOk, getJson, type HttpLimits, parseJson, request } from '../polling/bounded-http.ts';
import {
  type NativeTask,
  nativeTasksPage,
  pipelineObject,
  pipelineVersionObject,
  type RunObject,
  runsPage,
} from './api-objects.ts';
import type { KubeflowServer } from './config.ts';
import { tasksOfNative } from './native-tasks.ts';
import { type PipelineSpec, readPipelineSpec } from './pipeline-spec.ts';
import { tasksOfNodes } from './workflow-nodes.ts';

/** The list joins all tasks of every run on the server's side, so pages are small. */
const runsOnPage = 20;
const maxTaskPages = 50;
const maxCachedPipelines = 500;
const maxErrorCharacters = 2000;

const runStates: Readonly<Record<string, PipelineRun['state']>> = {
  PENDING: 'pending',
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  SKIPPED: 'skipped',
  FAILED: 'failed',
  CANCELING: 'canceling',
  CANCELED: 'canceled',
  PAUSED: 'paused',
};
const ended: readonly PipelineRun['state'][] = ['succeeded', 'skipped', 'failed', 'canceled'];

interface KnownPipeline {
  readonly name: string;
  readonly spec: PipelineSpec | null;
}

/** Reads the runs of one server; remembers what cannot change: compiled pipelines, and runs that have ended. */
export class RunReader {
  readonly #server: KubeflowServer;
  readonly #pipelines = new Map<string, KnownPipeline>();
  #ended = new Map<string, PipelineRun>();
  /** Whether the server lists tasks by themselves (KFP 3); undefined until a run was asked for. */
  #native: boolean | undefined;

  constructor(server: KubeflowServer) {
    this.#server = server;
  }

  /** Newest first. Throws when the list is refused; a pipeline that is gone only costs names and edges. */
  async read(nowMs: number, limits: HttpLimits): Promise<PipelineRun[]> {
    const runs: PipelineRun[] = [];
    const stillEnded = new Map<string, PipelineRun>();
    for (const object of await this.#list(nowMs, limits)) {
      const run = this.#ended.get(object.run_id) ?? (await this.#complete(object, limits));
      if (ended.includes(run.state)) stillEnded.set(run.id, run);
      runs.push(run);
    }
    this.#ended = stillEnded;
    return runs;
  }

  async #list(nowMs: number, limits: HttpLimits): Promise<RunObject[]> {
    const since = new Date(nowMs - this.#server.lookbackHours * 3_600_000).toISOString();
    const predicate = { key: 'created_at', operation: 'GREATER_THAN', timestamp_value: since };
    const runs: RunObject[] = [];
    let pageToken: string | undefined;
    do {
      const page = await this.#get('/apis/v2beta1/runs', runsPage, limits, {
        namespace: this.#server.namespace,
        page_size: String(runsOnPage),
        page_token: pageToken,
        sort_by: 'created_at desc',
        filter: JSON.stringify({ predicates: [predicate] }),
      });
      runs.push(...(page.runs ?? []));
      pageToken = page.next_page_token || undefined;
    } while (pageToken !== undefined && runs.length < this.#server.maxRuns);
    return runs.slice(0, this.#server.maxRuns);
  }

  async #complete(object: RunObject, limits: HttpLimits): Promise<PipelineRun> {
    const state = runStates[object.state ?? ''] ?? 'unknown';
    const pipeline = await this.#pipelineOf(object, limits);
    const native = await this.#nativeTasks(object.run_id, limits);
    return {
      id: object.run_id,
      name: object.display_name,
      pipeline: pipeline.name,
      namespace: this.#server.namespace ?? '',
      state,
      createdAt: object.created_at,
      startedAt: object.state_history?.find((entry) => entry.state === 'RUNNING')?.update_time ?? null,
      finishedAt: object.finished_at,
      error: object.error?.message?.slice(0, maxErrorCharacters) || null,
      tasks:
        native === null
          ? tasksOfNodes(object.run_details?.task_details ?? [], pipeline.spec, ended.includes(state))
          : tasksOfNative(native),
    };
  }

  async #nativeTasks(runId: string, limits: HttpLimits): Promise<NativeTask[] | null> {
    if (this.#native === false) return null;
    const tasks: NativeTask[] = [];
    let pageToken: string | undefined;
    for (let pages = 0; pages < maxTaskPages; pages++) {
      const url = below(this.#server.url, `/apis/v2beta1/runs/${encodeURIComponent(runId)}/tasks`, {
        page_token: pageToken,
      });
      const answer = await request(url, {}, limits, this.#server);
      // Servers before KFP 3 do not know the path.
      if (this.#native === undefined && [404, 405, 501].includes(answer.status)) {
        this.#native = false;
        return null;
      }
      expectOk(url, answer);
      this.#native = true;
      const page = parseJson(url, answer.text, nativeTasksPage);
      tasks.push(...(page.tasks ?? []));
      pageToken = page.next_page_token || undefined;
      if (pageToken === undefined) return tasks;
    }
    throw new BinnacleError('upstream_failed', `Run ${runId} lists its tasks without end.`);
  }

  async #pipelineOf(object: RunObject, limits: HttpLimits): Promise<KnownPipeline> {
    const { pipeline_id: id, pipeline_version_id: version } = object.pipeline_version_reference ?? {};
    if (!id || !version) {
      const spec = readPipelineSpec(object.pipeline_spec);
      return { name: spec?.name || object.display_name, spec };
    }
    const key = `${id}/${version}`;
    const known = this.#pipelines.get(key);
    if (known !== undefined) return known;
    const path = `/apis/v2beta1/pipelines/${encodeURIComponent(id)}`;
    const named = await this.#orGone(this.#get(path, pipelineObject, limits));
    const versioned = await this.#orGone(
      this.#get(`${path}/versions/${encodeURIComponent(version)}`, pipelineVersionObject, limits),
    );
    const spec = readPipelineSpec(versioned?.pipeline_spec);
    const pipeline = { name: named?.display_name || named?.name || spec?.name || id, spec };
    if (this.#pipelines.size >= maxCachedPipelines)
      this.#pipelines.delete(this.#pipelines.keys().next().value as string);
    this.#pipelines.set(key, pipeline);
    return pipeline;
  }

  /** A pipeline that was deleted, or that the token may not read, does not hide its runs. */
  async #orGone<T>(asked: Promise<T>): Promise<T | null> {
    try {
      return await asked;
    } catch (error) {
      if (error instanceof BinnacleError && / answered (403|404)/.test(error.message)) return null;
      throw error;
    }
  }

  #get<T>(
    path: string,
    schema: z.ZodType<T>,
    limits: HttpLimits,
    query: Record<string, string | undefined> = {},
  ): Promise<T> {
    return getJson(below(this.#server.url, path, query), schema, limits, this.#server);
  }
}
