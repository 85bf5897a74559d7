// npm run wasm: compiles the AssemblyScript of the collector's decoders. The result is committed: nothing is built at install.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = fileURLToPath(new URL('../../apps/collector/src/wire/wasm/', import.meta.url));
const source = (file) => `${folder}${file.replace(/\.ts$/, '.as')}`;

/** The decoders; `keys.as` is part of each. */
export const modules = ['write-request', 'otlp-metrics'];

/** Compiles one of them and returns the bytes; writes them where `outFile` is given. */
export async function compileDecoder(name, outFile) {
  let bytes;
  const { error, stderr } = await asc.main(
    [
      // The compiler takes no other ending; under its own, no TypeScript tool takes the file for TypeScript.
      `${name}.ts`,
      '--outFile',
      `${name}.wasm`,
      '--runtime',
      'stub',
      '-O3',
      '--noAssert',
      '--enable',
      'simd',
      '--importMemory',
      '--use',
      'abort=',
    ],
    {
      baseDir: folder,
      readFile: (file) => (existsSync(source(file)) ? readFileSync(source(file), 'utf8') : null),
      writeFile: (_name, contents) => {
        bytes = Buffer.from(contents);
      },
    },
  );
  if (error) throw new Error(`${error.message}\n${stderr.toString()}`);
  if (outFile !== undefined) writeFileSync(outFile, bytes);
  return bytes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of modules) {
    const bytes = await compileDecoder(name, `${folder}${name}.wasm`);
    console.log(`${name}.wasm: ${bytes.length} bytes`);
  }
}
