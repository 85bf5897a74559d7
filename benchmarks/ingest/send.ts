import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { ownChild } from '../promql/servers.ts';
import type { SenderJob, SenderReport } from './sender.ts';

/** Runs a job in a process of its own, which has read all bodies before it begins. `started` is called right before. */
export async function send(job: SenderJob, started: () => void = () => {}): Promise<SenderReport> {
  const sender = ownChild(fork(fileURLToPath(new URL('./sender.ts', import.meta.url)), []));
  sender.send(job);
  await once(sender, 'message');
  started();
  sender.send('go');
  const [report] = (await once(sender, 'message')) as [SenderReport];
  return report;
}
