// Sends prepared bodies to one server: node sender.ts, a job over IPC, a report back when all is answered.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

export interface SenderJob {
  readonly url: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodies: string;
  /** Samples a second that are offered, whether or not earlier ones are answered; as fast as answers come where left out. */
  readonly samplesPerSecond?: number;
  /** Send at most so many. */
  readonly samples?: number;
}

export interface SenderReport {
  readonly seconds: number;
  /** Samples of requests that were answered with 2xx. */
  readonly acknowledged: number;
  /** Requests by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** ms from when a request was due until its answer, in order of the answers; and when it was due, ms after the begin. */
  readonly latenciesMs: readonly number[];
  readonly duesMs: readonly number[];
  /** ms that the sender itself was late where it had nothing to wait for: what the latencies hold of its own. */
  readonly latestMs: number;
  readonly sentBytes: number;
  /** Of the sender itself: it takes them from the same machine. */
  readonly cpuSeconds: number;
  /** Beginning of the first answer that was not 2xx. */
  readonly complaint?: string;
}

interface Request {
  readonly samples: number;
  readonly head: Buffer;
  readonly body: Buffer;
}

process.once('message', async (job: SenderJob) => {
  const queues = load(job);
  process.send?.('ready');
  process.once('message', async () => {
    process.send?.(await run(job, queues), () => process.exit());
  });
});
process.on('disconnect', () => process.exit());

function load(job: SenderJob): Request[][] {
  const all = readFileSync(job.bodies);
  const queues: Request[][] = [];
  const { host } = new URL(job.url);
  const head = Object.entries({ host, ...job.headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  let left = job.samples ?? Number.POSITIVE_INFINITY;
  for (let at = 0; at < all.length && left > 0; ) {
    const [sender, samples, length] = [all.readUInt32LE(at), all.readUInt32LE(at + 4), all.readUInt32LE(at + 8)];
    const lines = `POST ${job.path} HTTP/1.1\r\n${head.join('')}content-length: ${length}\r\n\r\n`;
    const body = all.subarray(at + 12, at + 12 + length);
    while (queues.length <= sender) queues.push([]);
    queues[sender]?.push({ samples, head: Buffer.from(lines), body });
    left -= samples;
    at += 12 + length;
  }
  return queues;
}

async function run(job: SenderJob, queues: readonly Request[][]): Promise<SenderReport> {
  const { hostname, port } = new URL(job.url);
  const statuses: Record<string, number> = {};
  const latenciesMs: number[] = [];
  const duesMs: number[] = [];
  let latestMs = 0;
  let acknowledged = 0;
  let sentBytes = 0;
  let complaint: string | undefined;
  const cpu = process.cpuUsage();
  const began = performance.now();
  const perSender = job.samplesPerSecond === undefined ? undefined : job.samplesPerSecond / queues.length / 1000;
  await Promise.all(
    queues.map(async (queue, sender) => {
      const connection = await openConnection(hostname, Number(port));
      // Senders do not beat in time: each begins at its own place within the interval.
      let dueSamples = perSender === undefined ? 0 : -(sender / queues.length) * (queue[0]?.samples ?? 0);
      for (const request of queue) {
        let due = performance.now();
        if (perSender !== undefined) {
          dueSamples += request.samples;
          due = began + dueSamples / perSender;
          const waitMs = due - performance.now();
          if (waitMs > 0) {
            await new Promise((resolve) => setTimeout(resolve, waitMs));
            latestMs = Math.max(latestMs, performance.now() - due);
          }
        }
        const { status, text } = await connection.send(request);
        latenciesMs.push(Math.max(0, performance.now() - due));
        duesMs.push(due - began);
        statuses[status] = (statuses[status] ?? 0) + 1;
        sentBytes += request.head.byteLength + request.body.byteLength;
        if (status >= 200 && status < 300) acknowledged += request.samples;
        else complaint ??= `${status} ${text.slice(0, 300)}`;
      }
      connection.close();
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const report = {
    seconds,
    acknowledged,
    statuses,
    latenciesMs,
    duesMs,
    latestMs,
    sentBytes,
    cpuSeconds: (user + system) / 1e6,
  };
  return complaint === undefined ? report : { ...report, complaint };
}

/** One keep-alive connection, one request at a time; reads no more of an answer than where it ends. */
async function openConnection(host: string, port: number) {
  const socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let answered: { resolve: (answer: { status: number; text: string }) => void; reject: (error: Error) => void };
  let text = '';
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1');
    const headEnd = text.indexOf('\r\n\r\n');
    if (headEnd < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
    if (text.length < headEnd + 4 + length) return;
    const answer = { status: Number(text.slice(9, 12)), text: text.slice(headEnd + 4) };
    text = '';
    answered.resolve(answer);
  });
  socket.on('error', (error) => answered.reject(error));
  socket.on('close', () => answered?.reject(new Error('the server closed the connection')));
  return {
    send: ({ head, body }: Request) =>
      new Promise<{ status: number; text: string }>((resolve, reject) => {
        answered = { resolve, reject };
        // In one call of the system.
        socket.cork();
        socket.write(head);
        socket.write(body);
        socket.uncork();
      }),
    close: () => socket.destroy(),
  };
}
