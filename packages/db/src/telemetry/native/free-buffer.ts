/** Smaller buffers may be a part of Node's shared pool, and are not worth the call. */
const worthFreeing = 1024 * 1024;

/**
 * Gives the memory of a large buffer back now, rather than at some garbage collection: memory outside of the heap makes V8
 * collect the whole heap again and again (half of the time of a large scan). Whoever still looks at it sees nothing.
 */
export function freeBuffer(buffer: ArrayBufferLike): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength >= worthFreeing) buffer.transfer(0);
}
