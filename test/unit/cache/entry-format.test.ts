import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EntryDecoder, encodePart } from '../../../src/cache/redis/entry-format.ts';
import { Random } from '../../testkit/random/random.ts';

const names = ['a'.repeat(16), 'b'.repeat(16)];
const now = 1_700_000_000_000;

/** As the script writes it. */
function entry(value: Buffer, tagNames: readonly string[] = names, part = encodePart(value, tagNames)): Buffer {
  const head = Buffer.alloc(19);
  head.write('i2');
  head[2] = tagNames.length;
  head.writeDoubleBE(now - 5_000, 3);
  head.writeDoubleBE(now + 60_000, 11);
  return Buffer.concat([head, ...tagNames.map((name) => Buffer.from(`${name}12345678`)), part]);
}

const decode = (bytes: Buffer, maxValueBytes = 1_000_000, at = now) =>
  new EntryDecoder(at, maxValueBytes).decode(bytes);
const json = Buffer.from(JSON.stringify(Array.from({ length: 1_000 }, (_, id) => ({ id, name: `name ${id}` }))));

describe('an entry in Redis', () => {
  it('is as it was, short ones as they are and long ones compressed', () => {
    for (const value of [Buffer.alloc(0), Buffer.from('{"a":1}'), json]) {
      const bytes = entry(value);
      expect(decode(bytes)).toMatchObject({ value, ageMs: 5_000, freshMs: 60_000, tagNames: names });
      expect(bytes.length).toBeLessThan(value.length > 4_096 ? value.length / 3 : value.length + 80);
    }
    const random = new Random(1);
    const noise = Buffer.from(Array.from({ length: 10_000 }, () => random.below(256)));
    expect(decode(entry(noise))?.value.equals(noise)).toBe(true);
    expect(entry(noise).length).toBeLessThan(noise.length + 100);
  });

  it('is nothing where the clock has gone back behind the time at which it was stored', () => {
    const bytes = entry(json);
    // A replica that has become the primary may be a little behind.
    expect(decode(bytes, undefined, now - 5_900)).toMatchObject({ ageMs: 0 });
    expect(decode(bytes, undefined, now - 60_000)).toBeUndefined();
  });

  it('is nothing where any byte of its tags or value is another, or it is cut', () => {
    for (const value of [Buffer.from('{"a":1}'), json]) {
      const bytes = entry(value);
      // The tokens, from 16 of 24 on, are compared by Redis.
      const isToken = (at: number) => at >= 19 && at < 67 && (at - 19) % 24 >= 16;
      for (let at = 0; at < Math.min(bytes.length, 200); at++) {
        if (isToken(at) || (at >= 3 && at < 19)) continue;
        const damaged = Buffer.from(bytes);
        damaged[at] = (damaged[at] ?? 0) ^ 0x41;
        expect(decode(damaged), `byte ${at}`).toBeUndefined();
      }
      for (const length of [0, 1, 18, 27, 40, 75, bytes.length - 1])
        expect(decode(bytes.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
  });

  it('is nothing where it would become larger than it says, or than a value may be', () => {
    const bomb = zstdCompressSync(Buffer.alloc(50_000_000));
    expect(bomb.length).toBeLessThan(10_000);
    for (const claimed of [1_000, 900_000, 50_000_000]) {
      const part = encodePart(Buffer.alloc(0), []);
      const forged = Buffer.concat([part.subarray(0, 9), bomb]);
      forged[4] = 1;
      forged.writeUInt32BE(claimed, 5);
      // With the checksum that an attacker would give it.
      const plain = Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), bomb]);
      plain.writeUInt32BE(claimed, 1);
      forged.writeUInt32BE(crc(plain), 0);
      const before = process.memoryUsage.rss();
      // Not the value itself: a failure would print 50 MB.
      expect(decode(entry(Buffer.alloc(0), [], forged)) === undefined, `${claimed} bytes`).toBe(true);
      expect(process.memoryUsage.rss() - before).toBeLessThan(40_000_000);
    }
  });
});

function crc(bytes: Buffer): number {
  const { crc32 } = process.getBuiltinModule('node:zlib');
  return crc32(bytes);
}
