import { compress, uncompress } from 'snappyjs';
import { describe, expect, it } from 'vitest';
import { snappyDecode, snappyEncode } from './snappy.ts';

const text = Buffer.from('DCGM_FI_DEV_GPU_UTIL{gpu="0"} 97\n'.repeat(300));

describe('snappy block', () => {
  it('takes what another implementation wrote, and writes what it takes', () => {
    expect(snappyDecode(compress(text), 1e6)).toEqual(text);
    expect(Buffer.from(uncompress(snappyEncode(text)))).toEqual(text);
    expect(snappyDecode(snappyEncode(Buffer.alloc(0)), 10)).toHaveLength(0);
  });

  it('repeats bytes when a copy overlaps itself', () => {
    // length 7; literal "ab"; copy of 5 bytes from 2 back
    expect(snappyDecode(Buffer.from([7, 0x04, 0x61, 0x62, 0x05, 0x02]), 10).toString()).toBe('abababa');
  });

  it('inflates into the memory it is given', () => {
    const scratch = Buffer.alloc(text.length + 10);
    expect(snappyDecode(snappyEncode(text), 1e6, scratch).buffer).toBe(scratch.buffer);
  });

  it('looks at the length in the header before it allocates', () => {
    expect(() => snappyDecode(snappyEncode(text), 1000)).toThrow(/inflates to 9900 bytes, more than the 1000/);
    const bomb = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00]);
    expect(() => snappyDecode(bomb, 32e6)).toThrow(expect.objectContaining({ code: 'body_too_large' }));
    expect(() => snappyDecode(Buffer.from([0x80, 0x80, 0x80, 0x08, 0x00]), 32e6)).toThrow(
      /more than the body can hold/,
    );
  });

  it.each([
    ['nothing', [], /byte 0: the length header is cut off/],
    ['a header without end', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff], /header is too long/],
    ['a literal that is too long', [5, 0x10, 0x61], /byte 1: a literal runs past/],
    ['a literal length that is cut off', [70, 0xf4, 1, 2, 3], /literal length is cut off|more than the body|runs past/],
    ['a copy from before the beginning', [6, 0x00, 0x61, 0x05, 0x09], /byte 3: a copy reaches before/],
    ['a copy with offset 0', [6, 0x00, 0x61, 0x05, 0x00], /reaches before/],
    ['a copy that is cut off', [6, 0x00, 0x61, 0x06, 0x01], /a copy is cut off/],
    ['more data than it says', [1, 0x04, 0x61, 0x62], /more data than the header says/],
    ['less data than it says', [3, 0x04, 0x61, 0x62], /2 bytes of the 3/],
  ])('refuses %s with the place', (_, bytes, message) => {
    expect(() => snappyDecode(Buffer.from(bytes), 1e6)).toThrow(message);
  });
});
