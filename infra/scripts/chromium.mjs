// Finds a Chromium for the end-to-end tests, or installs one.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { pinnedEnvironment, root, say } from './toolchain.mjs';

const known = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of a browser, or undefined where Playwright's own is to be used; installs Debian's package or Playwright's as a last resort. */
export function ensureChromium() {
  const found = known.find((path) => path && existsSync(path));
  if (found) return { executablePath: found };
  if (existsSync('/etc/debian_version') && process.getuid?.() === 0) {
    say('Installing Chromium from Debian for the end-to-end tests …');
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'ignore' });
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium', 'fonts-liberation'], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (existsSync('/usr/bin/chromium')) return { executablePath: '/usr/bin/chromium' };
  }
  say('Installing Chromium through Playwright for the end-to-end tests …');
  const installed = spawnSync('npx', ['playwright', 'install', 'chromium'], {
    cwd: root,
    env: pinnedEnvironment(),
    stdio: 'inherit',
  });
  return installed.status === 0 ? { executablePath: undefined } : null;
}
