import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SupervisedChild } from './supervised-child.ts';

const program = fileURLToPath(new URL('testdata/child.ts', import.meta.url));

function childThat(behaviour: string, lines: string[] = []) {
  const child = new SupervisedChild(
    { name: 'the child', args: [program, behaviour], env: process.env, ready: 'message', readyTimeoutMs: 20_000 },
    (line) => lines.push(line),
  );
  onTestFinished(() => child.stop(0));
  return child;
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('a supervised child', () => {
  it('is stopped with everything that it started', async () => {
    const child = childThat('stays');
    const { grandchild } = (await child.start()) as { grandchild: number };
    const pid = child.pid as number;
    expect([lives(pid), lives(grandchild)]).toEqual([true, true]);
    await child.stop();
    await until(() => !lives(pid) && !lives(grandchild));
  });

  it('that ignores the polite signal is killed after the grace period', async () => {
    const child = childThat('ignores-signals');
    await child.start();
    const pid = child.pid as number;
    await child.stop(50);
    await until(() => !lives(pid));
  });

  it('that dies is started again, and that is said', async () => {
    const lines: string[] = [];
    const child = childThat('stays', lines);
    const { grandchild } = (await child.start()) as { grandchild: number };
    const first = child.pid as number;
    process.kill(first, 'SIGKILL');
    await until(() => lines.includes('the child runs again'));
    expect(lines[0]).toBe('the child ended (SIGKILL); starting it again in 1 s');
    expect(child.pid).not.toBe(first);
    // What the dead one had started must not live on beside the new one.
    expect(lives(grandchild)).toBe(false);
  });

  it('that does not come up is an error with its status', async () => {
    await expect(childThat('fails').start()).rejects.toThrow('the child did not start: it ended with status 3');
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
}
