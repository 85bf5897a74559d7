// AssemblyScript: keys of bytes, for the tables of the decoders.

/** Reads up to 15 bytes past both keys. */
@inline
export function equal(a: usize, b: usize, length: u32): bool {
  let i: usize = 0;
  const whole: usize = <usize>length & ~15;
  for (; i < whole; i += 16) {
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
  }
  const rest = <usize>length - i;
  if (rest == 0) return true;
  if (rest >= 8) {
    if (load<u64>(a + i) != load<u64>(b + i)) return false;
    i += 8;
  }
  const bits = (<u64>length - <u64>i) << 3;
  return bits == 0 || ((load<u64>(a + i) ^ load<u64>(b + i)) << (64 - bits)) == 0;
}

/** Multiplies and folds 16 bytes at a time in two lanes; seeded for each process, so that collisions cannot be prepared. */
export function hashOf(key: usize, length: u32, seed: u64): u32 {
  let a: u64 = seed ^ <u64>length;
  let b: u64 = seed * 0x9e3779b97f4a7c15 + 1;
  let i: usize = 0;
  const whole: usize = <usize>length & ~15;
  for (; i < whole; i += 16) {
    a = (a ^ load<u64>(key + i)) * 0xff51afd7ed558ccd;
    b = (b ^ load<u64>(key + i + 8)) * 0xc4ceb9fe1a85ec53;
    a ^= a >> 32;
    b ^= b >> 29;
  }
  let rest = <u64>length - <u64>i;
  if (rest >= 8) {
    a = (a ^ load<u64>(key + i)) * 0xff51afd7ed558ccd;
    a ^= a >> 32;
    i += 8;
    rest -= 8;
  }
  if (rest > 0) {
    b = (b ^ (load<u64>(key + i) << (64 - (rest << 3)))) * 0xc4ceb9fe1a85ec53;
    b ^= b >> 29;
  }
  a = (a ^ (b * 0x9e3779b97f4a7c15)) * 0xff51afd7ed558ccd;
  a ^= a >> 29;
  return <u32>(a >> 32) ^ <u32>a;
}
