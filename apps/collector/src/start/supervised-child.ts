import { type ChildProcess, spawn } from 'node:child_process';
import { BinnacleError } from '@binnacle/shared/errors.ts';

export interface ChildPlan {
  /** As it is called in the lines that a person reads. */
  readonly name: string;
  /** Arguments of the Node that runs this process. */
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** `message`: the child says so over IPC. Otherwise it is asked until it does its work. */
  readonly ready: 'message' | (() => Promise<boolean>);
  readonly readyTimeoutMs: number;
}

export type Say = (line: string) => void;

const pollMs = 100;
const longRunMs = 60_000;

/**
 * One child process in a group of its own, so that ctrl-C reaches the supervisor alone and a stop reaches everything the
 * child started. When it ends by itself it is started again, after 1, 2, 4 … 30 seconds. It holds an IPC channel: a child
 * whose supervisor was killed sees the channel close, and ends.
 */
export class SupervisedChild {
  readonly #plan: ChildPlan;
  readonly #say: Say;
  #child: ChildProcess | undefined;
  #stopping = false;
  #failures = 0;
  #readyAtMs = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(plan: ChildPlan, say: Say) {
    this.#plan = plan;
    this.#say = say;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts it; resolves with what it told when it does its work. Throws when it ends, or is not ready in time. */
  async start(): Promise<Readonly<Record<string, unknown>>> {
    const child = this.#spawn();
    const message = await this.#untilReady(child);
    this.#readyAtMs = Date.now();
    child.once('exit', (code, signal) => this.#onUnexpectedExit(code, signal));
    // It may have ended between its last word and the line above.
    if (child.exitCode !== null || child.signalCode !== null) this.#onUnexpectedExit(child.exitCode, child.signalCode);
    return message;
  }

  /** Stops it and everything in its group: politely, and by force after the grace period. */
  async stop(graceMs = 12_000): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#end(graceMs);
  }

  /** Kills it and everything in its group, and does not wait. */
  kill(): void {
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (this.#child?.pid !== undefined) signalGroup(this.#child.pid, 'SIGKILL');
  }

  /** Stops it and starts it anew, as after a change of its config. */
  async restart(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#end(12_000);
    this.#stopping = false;
    await this.start();
  }

  #spawn(): ChildProcess {
    const { args, cwd, env } = this.#plan;
    const child = spawn(process.execPath, [...args], {
      cwd,
      env: env as NodeJS.ProcessEnv,
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('error', () => undefined);
    this.#child = child;
    return child;
  }

  async #untilReady(child: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
    const { name, ready, readyTimeoutMs } = this.#plan;
    const ended = () => child.exitCode !== null || child.signalCode !== null || child.pid === undefined;
    return new Promise((resolve, reject) => {
      const fail = (why: string) =>
        settle(() => reject(new BinnacleError('internal', `${name} did not start: ${why}`)));
      const timer = setTimeout(() => {
        const seconds = Math.round(readyTimeoutMs / 1000);
        void this.#end(1000);
        fail(`it was not ready after ${seconds} s`);
      }, readyTimeoutMs);
      const onExit = (code: number | null, signal: string | null) =>
        fail(`it ended with ${signal ?? `status ${code}`}; its reason is above`);
      const onMessage = (message: unknown) => {
        if (typeof message === 'object' && message !== null && 'ready' in message)
          settle(() => resolve(message as Record<string, unknown>));
      };
      let settled = false;
      const settle = (end: () => void) => {
        if (settled) return;
        settled = true;
        clearTimeout(timer);
        child.off('exit', onExit);
        child.off('message', onMessage);
        end();
      };
      child.once('exit', onExit);
      child.once('error', (error) => fail(error.message));
      if (ready === 'message') child.on('message', onMessage);
      else {
        const ask = async () => {
          while (!settled && !ended()) {
            if (await ready().catch(() => false)) return settle(() => resolve({}));
            await new Promise((again) => setTimeout(again, pollMs));
          }
        };
        void ask();
      }
    });
  }

  #onUnexpectedExit(code: number | null, signal: string | null): void {
    if (this.#stopping) return;
    if (Date.now() - this.#readyAtMs > longRunMs) this.#failures = 0;
    this.#failures++;
    const seconds = Math.min(30, 2 ** (this.#failures - 1));
    this.#say(`${this.#plan.name} ended (${signal ?? `status ${code}`}); starting it again in ${seconds} s`);
    this.#timer = setTimeout(() => void this.#again(), seconds * 1000);
  }

  async #again(): Promise<void> {
    // What the old one started may still hold its port or its files.
    await this.#end(1000);
    if (this.#stopping) return;
    try {
      await this.start();
      this.#say(`${this.#plan.name} runs again`);
    } catch {
      this.#onUnexpectedExit(this.#child?.exitCode ?? null, this.#child?.signalCode ?? null);
    }
  }

  async #end(graceMs: number): Promise<void> {
    const child = this.#child;
    if (child?.pid === undefined) return;
    const group = child.pid;
    signalGroup(group, 'SIGTERM');
    const politeUntil = Date.now() + graceMs;
    while (groupLives(group)) {
      if (Date.now() > politeUntil) signalGroup(group, 'SIGKILL');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch {
    // it is gone
  }
}

function groupLives(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
