/**
 * What an entry is in Redis: `i2`, the number of its tags (a byte), the times at which it was stored and until which it is fresh
 * (8 bytes each, big-endian doubles of Redis's milliseconds), and for each tag its name and its token; then, made here, a
 * CRC-32 of the names and of all that follows it, the codec (a byte), the length of the value (4 bytes) and its bytes.
 *
 * Values of 4 KB and more are compressed (Zstandard, level 1): of 8 KB of JSON a tenth is left, for 60 µs when it is
 * stored and 50 when it is read; shorter ones would wait longer for the codec than for the network. What is read is
 * untrusted: anyone with access to the server may have written it.
 */
import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { CacheEntry } from '../cache-store.ts';
import { tagNameCharacters } from './redis-keys.ts';

/** An entry with the names of its tags. */
export interface RemoteEntry extends CacheEntry {
  readonly tagNames: readonly string[];
}

export const tokenCharacters = 8;
const tagBytes = tagNameCharacters + tokenCharacters;
/** Before the tags. */
export const headBytes = 19;
const partBytes = 9;
/** How far the clocks of a server and of its replica may be apart. */
const mostSkewMs = 1_000;
/** The most that an entry is longer than its value. */
export const maxOverhead = headBytes + partBytes + 255 * tagBytes;

const compressFromBytes = 4_096;
const fastest = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const plain = 0;
const zstandard = 1;

/** The part of an entry that is made here. */
export function encodePart(value: Buffer, tagNames: readonly string[]): Buffer {
  const compressed = value.length < compressFromBytes ? value : zstdCompressSync(value, fastest);
  const isSmaller = compressed.length < value.length * 0.9;
  const bytes = isSmaller ? compressed : value;
  const part = Buffer.allocUnsafe(partBytes + bytes.length);
  part[4] = isSmaller ? zstandard : plain;
  part.writeUInt32BE(value.length, 5);
  bytes.copy(part, partBytes);
  part.writeUInt32BE(crc32(part.subarray(4), crc32(tagNames.join(''))), 0);
  return part;
}

/** What the script needs for storing an entry. */
export interface EntryWrite {
  /** From `encodePart`. */
  readonly part: Buffer;
  readonly ttlMs: number;
  readonly staleMs: number;
  readonly readMsAgo: number;
  readonly tagNames: readonly string[];
}

/** An entry for the script, which has a number for each tag: all of a wave are one argument, not five each. */
export function packWrite(write: EntryWrite, numbers: ReadonlyMap<string, number>): Buffer {
  const { part, ttlMs, staleMs, readMsAgo, tagNames } = write;
  const packed = Buffer.allocUnsafe(29 + tagNames.length * 2 + part.length);
  packed.writeUInt32BE(part.length, 0);
  packed.writeDoubleBE(ttlMs, 4);
  packed.writeDoubleBE(staleMs, 12);
  packed.writeDoubleBE(readMsAgo, 20);
  packed[28] = tagNames.length;
  let at = 29;
  for (const name of tagNames) at = packed.writeUInt16BE(numbers.get(name) ?? 0, at);
  part.copy(packed, at);
  return packed;
}

/** Decodes the entries of one reply; neighbours with the same tags share their names. */
export class EntryDecoder {
  readonly #now: number;
  readonly #maxValueBytes: number;
  #tags = { text: '', names: '', checksum: crc32('') };

  constructor(now: number, maxValueBytes: number) {
    this.#now = now;
    this.#maxValueBytes = maxValueBytes;
  }

  /** @returns undefined for bytes that are no entry */
  decode(bytes: Buffer): RemoteEntry | undefined {
    if (bytes.length < headBytes + partBytes || bytes[0] !== 0x69 || bytes[1] !== 0x32) return undefined;
    const end = headBytes + (bytes[2] ?? 0) * tagBytes;
    if (bytes.length < end + partBytes) return undefined;
    const ageMs = this.#now - bytes.readDoubleBE(3);
    const freshMs = bytes.readDoubleBE(11) - this.#now;
    if (!Number.isFinite(ageMs) || !Number.isFinite(freshMs)) return undefined;
    // Redis’s clock has gone back, or is that of another server after a failover: nobody knows how old the entry is.
    if (ageMs < -mostSkewMs) return undefined;
    const tags = bytes.toString('latin1', headBytes, end);
    if (tags !== this.#tags.text) {
      const ofTags = namesIn(tags);
      this.#tags = { text: tags, names: ofTags, checksum: crc32(ofTags) };
    }
    const { names, checksum } = this.#tags;
    if (crc32(bytes.subarray(end + 4), checksum) !== bytes.readUInt32BE(end)) return undefined;
    const value = this.#valueOf(bytes, end + 4);
    return value && new DecodedEntry(value, Math.max(0, ageMs), freshMs, names);
  }

  #valueOf(bytes: Buffer, start: number): Buffer | undefined {
    const length = bytes.readUInt32BE(start + 1);
    const stored = bytes.subarray(start + 5);
    if (length > this.#maxValueBytes) return undefined;
    if (bytes[start] === plain) return stored.length === length ? stored : undefined;
    if (bytes[start] !== zstandard || length === 0) return undefined;
    try {
      const value = zstdDecompressSync(stored, { maxOutputLength: length });
      return value.length === length ? value : undefined;
    } catch {
      return undefined;
    }
  }
}

class DecodedEntry implements RemoteEntry {
  readonly value: Buffer;
  readonly ageMs: number;
  readonly freshMs: number;
  /** One after the other. */
  readonly #names: string;

  constructor(value: Buffer, ageMs: number, freshMs: number, names: string) {
    this.value = value;
    this.ageMs = ageMs;
    this.freshMs = freshMs;
    this.#names = names;
  }

  get tagNames(): readonly string[] {
    const count = this.#names.length / tagNameCharacters;
    return Array.from({ length: count }, (_, index) =>
      this.#names.slice(index * tagNameCharacters, (index + 1) * tagNameCharacters),
    );
  }
}

/** @param tags names and tokens in turn */
function namesIn(tags: string): string {
  let names = '';
  for (let at = 0; at < tags.length; at += tagBytes) names += tags.slice(at, at + tagNameCharacters);
  return names;
}
