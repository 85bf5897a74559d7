import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort, root, waitFor } from '../gateway-process.ts';

const node = join(root, 'node_modules/.bin/node');
/** A Postgres that is away: telemetry does without, and a start takes no time for it. */
const noPostgres = 'postgresql://127.0.0.1:1/none';

export interface FaultOptions {
  readonly config?: string;
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A real gateway process that a test may kill and start again at the same address, on the same data. */
export class GatewayUnderFault {
  readonly directory: string;
  readonly url: string;
  readonly #port: number;
  readonly #config: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #output = '';

  private constructor(directory: string, port: number, { config = 'receivers: {}\n', env = {} }: FaultOptions) {
    this.directory = directory;
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = env;
    this.#config = join(directory, 'binnacle.yaml');
    mkdirSync(directory, { recursive: true });
    writeFileSync(this.#config, config);
  }

  /** Starts one, and takes it and its folder away when the test ends. */
  static async start(options: FaultOptions = {}): Promise<GatewayUnderFault> {
    const directory = options.directory ?? mkdtempSync(join(tmpdir(), 'binnacle-fault-'));
    const gateway = new GatewayUnderFault(directory, await freePort(), options);
    onTestFinished(async () => {
      await gateway.kill();
      if (options.directory === undefined) rmSync(directory, { recursive: true, force: true });
    });
    await gateway.begin();
    await gateway.ready();
    return gateway;
  }

  get dataDir(): string {
    return join(this.directory, 'data');
  }

  /** The last of what it wrote to its log. */
  get output(): string {
    return this.#output;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the process and does not wait for it. */
  begin(): void {
    this.#child = spawn(
      node,
      ['apps/collector/src/main.ts', 'gateway', '--config', this.#config, '--data-dir', this.dataDir],
      {
        cwd: root,
        env: {
          ...process.env,
          DATABASE_URL: noPostgres,
          BINNACLE_GATEWAY_PORT: String(this.#port),
          BINNACLE_GRPC_PORT: 'off',
          NODE_COMPILE_CACHE: join(tmpdir(), 'binnacle-compiled'),
          ...this.#env,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const keep = (chunk: Buffer) => {
      this.#output = (this.#output + chunk).slice(-50_000);
    };
    this.#child.stdout?.on('data', keep);
    this.#child.stderr?.on('data', keep);
  }

  async ready(): Promise<void> {
    const child = this.#child;
    await waitFor(
      'the gateway to be ready',
      async () => {
        if (child?.exitCode !== null) throw new Error(`it ended with ${child?.exitCode}: ${this.#output}`);
        return (await fetch(`${this.url}/readyz`)).ok;
      },
      30_000,
    );
  }

  /** kill -9, and waits until the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.running) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Resident memory in MiB, now and at its highest since the process began (Linux; NaN elsewhere). */
  memory(): { readonly nowMiB: number; readonly peakMiB: number } {
    const file = `/proc/${this.#child?.pid}/status`;
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    const field = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? Number.NaN) / 1024;
    return { nowMiB: field('VmRSS'), peakMiB: field('VmHWM') };
  }

  async api<T = unknown>(path: string, parameters: Readonly<Record<string, string>> = {}): Promise<T> {
    const answer = await fetch(`${this.url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const body = (await answer.json()) as { status: string; error?: string; data: T };
    if (body.status !== 'success') throw new Error(`${path} ${JSON.stringify(parameters)}: ${body.error}`);
    return body.data;
  }

  /** The one number that an instant query gives; undefined for an empty answer. */
  async value(query: string, time?: number): Promise<number | undefined> {
    const parameters: Record<string, string> = { query };
    if (time !== undefined) parameters.time = String(time);
    const { result } = await this.api<{ result: { value: [number, string] }[] }>('query', parameters);
    if (result.length > 1) throw new Error(`${query} gives ${result.length} series`);
    const text = result[0]?.value[1];
    return text === undefined ? undefined : Number(text);
  }

  /** Raw samples as they are stored. */
  async raw(selector: string, range: string, time = Date.now() / 1000): Promise<RawSeries[]> {
    const answer = await this.api<{ result: RawSeries[] }>('query', {
      query: `${selector}[${range}]`,
      time: String(time),
    });
    return answer.result;
  }

  /** A counter or gauge of its own /metrics, all label sets that match summed; 0 where there is none. */
  async own(name: string, labels = ''): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    let sum = 0;
    for (const line of text.split('\n')) {
      const matched = new RegExp(`^${name}(\\{.*\\})? (\\S+)`).exec(line);
      if (matched !== null && (matched[1] ?? '').includes(labels)) sum += Number(matched[2]);
    }
    return sum;
  }
}

export interface RawSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}
