import { describe, expect, it } from 'vitest';
import { RedisKeys } from '../../../src/cache/redis/redis-keys.ts';

/** The CRC-16 that a cluster spreads keys by (XMODEM), of what is between braces. */
function slotOf(key: string): number {
  const text = /\{(.+?)\}/.exec(key)?.[1] ?? key;
  let crc = 0;
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc % 16_384;
}

describe('the keys of a cluster', () => {
  it('are in 32 slots, one in each 32nd part of the cluster', () => {
    const { slots } = new RedisKeys('isthmus:', true);
    expect(slots.map((slot) => Math.floor(slotOf(slot) / 512))).toEqual(Array.from({ length: 32 }, (_, part) => part));
  });

  it('of an entry, its tags and its lease are in one slot, and entries are in all of them evenly', () => {
    const keys = new RedisKeys('isthmus:', true);
    const counts = new Map<number, number>();
    for (let index = 0; index < 3_200; index++) {
      const { slot, name } = keys.entry(`entity:${index}`);
      counts.set(slot, (counts.get(slot) ?? 0) + 1);
      expect(slotOf(name)).toBe(slotOf(`${keys.tagPrefix(slot)}tag`));
      expect(slotOf(name)).toBe(slotOf(keys.lease(`entity:${index}`).name));
    }
    expect(counts.size).toBe(32);
    expect(Math.min(...counts.values())).toBeGreaterThan(50);
    expect(Math.max(...counts.values())).toBeLessThan(200);
  });
});
