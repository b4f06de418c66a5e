import { describe, expect, it } from 'vitest';
import { suggestLimits } from '../../../src/limits/suggest-limits.ts';

describe('suggested limits', () => {
  it('refuse fewer than one request in a thousand, and none of fewer than a thousand', () => {
    for (const count of [1, 10, 999, 1_000, 1_001, 5_000, 12_345]) {
      const requests = Array.from({ length: count }, (_, index) => ({ tokens: index + 1, depth: 1 + (index % 7) }));
      const suggested = suggestLimits(requests);
      expect(suggested.map(({ key }) => key)).toEqual(['tokens', 'depth']);
      for (const { key, limit, largest, refused } of suggested) {
        const values = requests.map((request) => request[key as 'tokens']);
        expect(largest).toBe(Math.max(...values));
        expect(refused).toBe(values.filter((value) => value > limit).length);
        expect(refused).toBeLessThan(count / 1_000);
      }
    }
  });

  it('refuse together fewer than one request in a thousand, though each has its own worst', () => {
    const keys = ['tokens', 'depth', 'aliases', 'cost'];
    const requests = Array.from({ length: 5_000 }, (_, index) =>
      Object.fromEntries(keys.map((key, at) => [key, index % 4 === at && index < 40 ? 1_000 + index : 10])),
    );
    const suggested = suggestLimits(requests);
    const refused = requests.filter((request) => suggested.some(({ key, limit }) => (request[key] ?? 0) > limit));
    expect(refused.length).toBeLessThan(5);
    expect(suggested.map(({ key }) => key)).toEqual(keys);
  });

  it('are as tight as two digits allow', () => {
    const requests = Array.from({ length: 10_000 }, (_, index) => ({ cost: index < 9_995 ? 123 : 90_000 }));
    expect(suggestLimits(requests)).toEqual([{ key: 'cost', limit: 130, largest: 90_000, refused: 5 }]);
  });

  it('are at least 1', () => {
    expect(suggestLimits([{ aliases: 0 }])).toEqual([{ key: 'aliases', limit: 1, largest: 0, refused: 0 }]);
  });
});
