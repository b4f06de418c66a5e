import { describe, expect, it } from 'vitest';
import { split, truncate } from '../../../../../src/ai/fields/answers/cut-input.ts';

/** As long as the texts in it, and ten characters of instructions. */
const lengthOf = (values: unknown): number => {
  if (typeof values === 'string') return values.length;
  if (values === null || typeof values !== 'object') return 0;
  return Object.values(values).reduce((sum: number, value) => sum + lengthOf(value), 0);
};
const within = (most: number) => (values: unknown) => lengthOf(values) + 10 <= most;

const words = (count: number) => Array.from({ length: count }, (_, index) => `word${index % 10}`).join(' ');

describe('truncating', () => {
  it('cuts the longest value at the end of a word, and nothing else', () => {
    const cut = truncate({ name: 'Lamp', text: words(100) }, within(100), 100);
    expect(cut).toMatchObject({ name: 'Lamp', text: expect.stringMatching(/^(word\d ){12,14}$/) });
  });

  it('keeps whole items of the longest list, wherever it is', () => {
    const items = Array.from({ length: 9 }, (_, index) => ({ body: `body ${index}`, rating: 5 }));
    const cut = truncate({ product: { reviews: items }, name: 'Lamp' }, within(35), 35);
    expect(cut).toEqual({ product: { reviews: items.slice(0, 3) }, name: 'Lamp' });
  });

  it('goes on with the next longest value where one is not enough', () => {
    const cut = truncate({ one: 'a'.repeat(50), two: 'b'.repeat(40) }, within(30), 30);
    expect(cut).toEqual({ one: '', two: 'b'.repeat(20) });
  });

  it('gives up where the prompt itself is too long', () => {
    expect(truncate({ text: 'a' }, within(9), 9)).toBeUndefined();
  });

  it('does not cut a character in two', () => {
    const cut = truncate({ text: '😀'.repeat(30) }, within(31), 31);
    expect(cut?.text).toBe('😀'.repeat(10));
  });
});

describe('splitting', () => {
  it('loses nothing of a text, and each part fits', () => {
    const text = words(300);
    const parts = split({ name: 'Lamp', text }, within(200), 200, 20) ?? [];
    expect(parts.map((part) => part.text).join('')).toBe(text);
    expect(parts.every(within(200))).toBe(true);
    expect(parts.every(({ name }) => name === 'Lamp')).toBe(true);
    expect(parts.length).toBeGreaterThan(9);
  });

  it('splits a list between items, and an item alone that is too long within', () => {
    const long = words(60);
    const reviews = [...Array.from({ length: 5 }, (_, index) => ({ body: `short ${index}` })), { body: long }];
    const parts = (split({ reviews }, within(100), 100, 20) ?? []) as readonly { reviews: { body: string }[] }[];
    const bodies = parts.flatMap((part) => part.reviews.map(({ body }) => body));
    expect(bodies.slice(0, 5)).toEqual(reviews.slice(0, 5).map(({ body }) => body));
    expect(bodies.slice(5).join('')).toBe(long);
    expect(parts.every(within(100))).toBe(true);
  });

  it('gives up at more parts than are allowed', () => {
    expect(split({ text: words(300) }, within(200), 200, 9)).toBeUndefined();
    expect(split({ text: words(300) }, within(9), 9, 100)).toBeUndefined();
  });
});
