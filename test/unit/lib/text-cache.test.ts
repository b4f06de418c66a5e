import { expect, it } from 'vitest';
import { TextCache } from '../../../src/lib/text-cache.ts';

it('makes a value of a text once, and holds no more characters than it may', () => {
  const made: string[] = [];
  const cache = new TextCache(
    (text) => {
      made.push(text);
      return { text };
    },
    { maxCharacters: 1_000, charactersBeside: 10 },
  );
  expect(cache.of('a')).toBe(cache.of('a'));
  expect(made).toEqual(['a']);
  for (let number = 0; number < 100; number++) {
    cache.of(`${number} ${'x'.repeat(number)}`);
    expect(cache.size).toBeLessThanOrEqual(1_000);
  }
  cache.of('a');
  expect(made.filter((text) => text === 'a')).toHaveLength(2);
  // One that is longer than all may be is made each time, and the others stay.
  const long = 'y'.repeat(2_000);
  cache.of(long);
  expect(cache.of(long)).toEqual({ text: long });
  cache.of('a');
  expect(made.filter((text) => text === 'a')).toHaveLength(2);
});
