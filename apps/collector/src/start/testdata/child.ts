/** A child for the tests of the supervisor: starts a grandchild, says when it is ready, and does what its argument says. */
import { spawn } from 'node:child_process';

const [, , behaviour = 'stays'] = process.argv;
const grandchild = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
if (behaviour === 'ignores-signals') process.on('SIGTERM', () => undefined);
if (behaviour === 'fails') process.exit(3);
if (process.connected) {
  process.once('disconnect', () => {
    grandchild.kill();
    process.exit(0);
  });
  process.send?.({ ready: true, grandchild: grandchild.pid });
}
setInterval(() => undefined, 1000);
