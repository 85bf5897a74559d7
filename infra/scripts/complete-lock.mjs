// node infra/scripts/complete-lock.mjs: adds to package-lock.json the optional platform packages that npm left out because
// the registry in reach did not offer them when the lock was written (a mirror may hold one platform only). Without them
// `npm ci` refuses the lock, and other platforms would lack their binaries. Run it after every change of dependencies.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';

const systems = {
  darwin: 'darwin',
  macos: 'darwin',
  linux: 'linux',
  linuxmusl: 'linux',
  win32: 'win32',
  windows: 'win32',
  freebsd: 'freebsd',
  openbsd: 'openbsd',
  netbsd: 'netbsd',
  android: 'android',
  sunos: 'sunos',
  openharmony: 'openharmony',
  aix: 'aix',
};
const processors = {
  x64: 'x64',
  64: 'x64',
  arm64: 'arm64',
  arm: 'arm',
  ia32: 'ia32',
  ppc64: 'ppc64',
  s390x: 's390x',
  riscv64: 'riscv64',
  loong64: 'loong64',
  mips64el: 'mips64el',
  wasm32: 'wasm32',
};

/** Fields of the lock that a platform package's name tells: on which systems npm may install it. */
export function platformOf(name) {
  const parts = name.split('/').at(-1).split(/[-.]/);
  const os = parts.map((part) => systems[part]).find((value) => value !== undefined);
  const cpu = parts.map((part) => processors[part]).find((value) => value !== undefined);
  const libc = parts.some((part) => part.includes('musl'))
    ? 'musl'
    : os === 'linux' && parts.some((part) => /^gnu/.test(part))
      ? 'glibc'
      : undefined;
  return { ...(cpu && { cpu: [cpu] }), ...(libc && { libc: [libc] }), ...(os && { os: [os] }) };
}

/** Optional dependencies that the lock names but has no entry for: `[parent's path, name, version]`. */
export function missingOptionals(lock) {
  const missing = [];
  for (const [path, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      let scope = path;
      let found = false;
      for (;;) {
        if (lock.packages[`${scope === '' ? '' : `${scope}/`}node_modules/${name}`] !== undefined) found = true;
        if (found || scope === '') break;
        scope = scope.includes('/node_modules/') ? scope.slice(0, scope.lastIndexOf('/node_modules/')) : '';
      }
      if (!found) missing.push([path, name, version]);
    }
  }
  return missing;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const file = fileURLToPath(new URL('../../package-lock.json', import.meta.url));
  const lock = JSON.parse(readFileSync(file, 'utf8'));
  for (const [parent, name, wanted] of missingOptionals(lock)) {
    const platform = platformOf(name);
    const version = wanted.replace(/^[\^~]/, '');
    if (!platform.os && !/wasm/.test(name)) process.stderr.write(`${name}: no platform in its name\n`);
    // beside its parent's own copy where the parent is nested, at the top otherwise
    const nested = parent.includes('/node_modules/') && lock.packages[`node_modules/${name}`] !== undefined;
    lock.packages[`${nested ? `${parent}/` : ''}node_modules/${name}`] = {
      version,
      ...platform,
      ...(lock.packages[parent].dev && { dev: true }),
      optional: true,
    };
    process.stdout.write(`${name}@${version}\n`);
  }
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
}
