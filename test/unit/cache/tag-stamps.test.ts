import { describe, expect, it } from 'vitest';
import { createStampMemory, TagStamps } from '../../../src/cache/index.ts';
import { Random } from '../../testkit/random/random.ts';

describe('the stamps of tags', () => {
  it('never revive an entry whose tag has been invalidated, however few slots there are', () => {
    const random = new Random(7);
    for (const slotBits of [2, 6, 12]) {
      const memory = createStampMemory(slotBits);
      const threads = [new TagStamps(memory), new TagStamps(memory)] as const;
      const thread = () => threads[random.below(2)] as TagStamps;
      const tags = Array.from({ length: 200 }, (_, index) => `type:subgraph.Type${index}`);
      const some = () => Array.from({ length: 1 + random.below(4) }, () => tags[random.below(200)] as string);
      let entries: { readonly tags: readonly string[]; readonly stamp: readonly number[] }[] = [];
      let dropped = 0;
      for (let turn = 0; turn < 3_000; turn++) {
        if (random.below(3) > 0) {
          const ofEntry = some();
          const stamp = thread().stampOf(ofEntry, 'entities', 0);
          if (stamp !== undefined) entries.push({ tags: ofEntry, stamp });
          continue;
        }
        const tag = tags[random.below(200)] as string;
        thread().invalidate(tag);
        const current = entries.filter(({ stamp }) => thread().isCurrent(stamp, 'entities'));
        expect(current.filter((entry) => entry.tags.includes(tag))).toEqual([]);
        dropped += entries.length - current.length;
        entries = current;
      }
      expect(dropped).toBeGreaterThan(100);
    }
  });

  it('lose few entries to invalidations of other tags', () => {
    const stamps = new TagStamps();
    const entries = Array.from({ length: 10_000 }, (_, index) => stamps.stampOf([`entity:${index}`], 'entities', 0));
    for (let index = 0; index < 10_000; index++) stamps.invalidate(`other:${index}`);
    const current = entries.filter((stamp) => stamp !== undefined && stamps.isCurrent(stamp, 'entities'));
    expect(current.length).toBeGreaterThan(9_800);
  });

  it('refuse what was read before an invalidation, and accept what was read after it', () => {
    const stamps = new TagStamps();
    stamps.invalidate('tag');
    expect(stamps.stampOf(['tag'], 'other', 1_000)).toBeUndefined();
    expect(stamps.stampOf(['another'], 'other', 1_000)).toBeDefined();
    expect(stamps.stampOf(['tag'], 'other', 0)).toBeDefined();
    stamps.purge('entities');
    expect(stamps.stampOf([], 'entities', 1_000)).toBeUndefined();
    expect(stamps.stampOf([], 'responses', 1_000)).toBeDefined();
  });

  it('are shared by the entries of a wave', () => {
    const stamps = new TagStamps();
    const tags = ['a', 'b'];
    const first = stamps.stampOf(tags, 'entities', 10);
    expect(stamps.stampOf(tags, 'entities', 9)).toBe(first);
    stamps.invalidate('a');
    expect(stamps.stampOf(tags, 'entities', 10)).toBeUndefined();
    expect(stamps.stampOf(tags, 'entities', 0)).not.toBe(first);
  });
});
