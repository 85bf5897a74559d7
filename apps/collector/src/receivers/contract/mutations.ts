/** A small generator of pseudo-random numbers (mulberry32, public domain): the same seed gives the same tests. */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `count` broken copies of a good body: bits flipped, bytes overwritten, cut off, repeated, left out. */
export function mutatedBodies(good: Uint8Array, count: number, seed: number): Buffer[] {
  return [...mutations(good, count, seed)];
}

/** The same, one after the other, so that very many need no memory. */
export function* mutations(good: Uint8Array, count: number, seed: number): Generator<Buffer> {
  const random = randomFrom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const extremes = [0x00, 0x7f, 0x80, 0xff];
  for (let made = 0; made < count; made++) {
    let body = Buffer.from(good);
    for (let changes = 1 + below(4); changes > 0; changes--) {
      if (body.length === 0) break;
      const at = below(body.length);
      const length = 1 + below(16);
      switch (below(6)) {
        case 0:
          body[at] = (body[at] as number) ^ (1 << below(8));
          break;
        case 1:
          body[at] = extremes[below(4)] as number;
          break;
        case 2:
          body = body.subarray(0, at);
          break;
        case 3:
          body = Buffer.concat([body.subarray(0, at), body.subarray(at, at + length), body.subarray(at)]);
          break;
        case 4:
          body = Buffer.concat([body.subarray(0, at), body.subarray(at + length)]);
          break;
        default:
          body = Buffer.concat([body.subarray(0, at), Buffer.alloc(length, extremes[below(4)]), body.subarray(at)]);
      }
    }
    yield body;
  }
}
