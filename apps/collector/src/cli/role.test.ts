import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const role = fileURLToPath(new URL('./role.ts', import.meta.url));

it('a stray rejection is an error in the log, and the process goes on until it is told to stop', async () => {
  const script = `
    import { roleLog, runUntilStopped } from ${JSON.stringify(role)};
    const stopped = runUntilStopped(roleLog('test'), async () => console.log('stopped in order'));
    Promise.reject(new Error('nobody waits for this'));
    const beat = setInterval(() => undefined, 1000);
    setImmediate(() => setImmediate(() => process.kill(process.pid, 'SIGTERM')));
    await stopped;
    clearInterval(beat);
    process.exit();`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    env: { ...process.env, BINNACLE_LOG_LEVEL: 'info', BINNACLE_LOG_PRETTY: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let log = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    log += chunk;
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect({ code, out }).toEqual({ code: 0, out: 'stopped in order\n' });
  expect(log).toMatch(/"level":"error".*nobody waits for this.*something failed that nobody waited for/);
});
