// npm run wasm: compiles the AssemblyScript of the collector's decoders. The result is committed: nothing is built at install.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const folder = fileURLToPath(new URL('../../apps/collector/src/wire/wasm/', import.meta.url));

/** Compiles and returns the bytes; writes them where `outFile` is given. */
export async function compileWriteRequest(outFile) {
  let bytes;
  const { error, stderr } = await asc.main(
    [
      // The compiler takes no other ending; under its own, no TypeScript tool takes the file for TypeScript.
      'write-request.ts',
      '--outFile',
      'write-request.wasm',
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
      readFile: (name) => (name === 'write-request.ts' ? readFileSync(`${folder}write-request.as`, 'utf8') : null),
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
  const bytes = await compileWriteRequest(`${folder}write-request.wasm`);
  console.log(`write-request.wasm: ${bytes.length} bytes`);
}
