import { describe, expect, it } from 'vitest';
import users from '../../../subgraphs/accounts/users.json' with { type: 'json' };
import stock from '../../../subgraphs/inventory/rest/stock.json' with { type: 'json' };
import products from '../../../subgraphs/products/rest/products.json' with { type: 'json' };
import { knownProductIds, knownUserIds } from '../../../subgraphs/reviews/known-ids.ts';
import reviews from '../../../subgraphs/reviews/reviews.json' with { type: 'json' };

function countBy<Item>(items: readonly Item[], key: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

describe('the data of the sample graph', () => {
  it('numbers users, products and reviews from 1', () => {
    const numbered = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index + 1}`);
    expect(users.map(({ id }) => id)).toEqual(numbered('u', 14));
    expect(products.map(({ id }) => id)).toEqual(numbered('p', 38));
    expect(reviews.map(({ id }) => id)).toEqual(numbered('r', reviews.length));
    expect(reviews.length).toBeGreaterThanOrEqual(180);
  });

  it('fills all six categories, audio and home with at least seven each', () => {
    const counts = countBy(products, ({ category }) => category);
    expect([...counts.keys()].sort()).toEqual(['audio', 'camera', 'home', 'kitchen', 'outdoor', 'wearable']);
    expect(counts.get('audio')).toBeGreaterThanOrEqual(7);
    expect(counts.get('home')).toBeGreaterThanOrEqual(7);
    expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(5);
  });

  it('has a price for every product, a weight for most, and a stock level for each', () => {
    expect(products.every(({ price_cents }) => Number.isInteger(price_cents) && price_cents > 0)).toBe(true);
    const unweighed = products.filter(({ weight_grams }) => weight_grams === null).length;
    expect(unweighed).toBeGreaterThanOrEqual(2);
    expect(unweighed).toBeLessThanOrEqual(3);
    expect(stock.map(({ product_id }) => product_id)).toEqual(products.map(({ id }) => id));
    expect(stock.some((level) => level.stock === 0)).toBe(true);
  });

  it('refers in reviews to exactly the users and products of the others', () => {
    expect([...knownUserIds]).toEqual(users.map(({ id }) => id));
    expect([...knownProductIds]).toEqual(products.map(({ id }) => id));
    expect(
      reviews.filter(({ authorId, productId }) => !knownUserIds.has(authorId) || !knownProductIds.has(productId)),
    ).toEqual([]);
  });

  it('spreads reviews unevenly: two audio products with 22 or more, some products with none', () => {
    const perProduct = countBy(reviews, ({ productId }) => productId);
    const audio = products.filter(({ category }) => category === 'audio');
    expect(audio.filter(({ id }) => (perProduct.get(id) ?? 0) >= 22).length).toBeGreaterThanOrEqual(2);
    expect(products.filter(({ id }) => !perProduct.has(id)).length).toBeGreaterThanOrEqual(3);
    expect(countBy(reviews, ({ authorId }) => authorId).get('u1')).toBeGreaterThanOrEqual(3);
  });

  it('has reviews in the order of writing, no two alike, from one word to a long paragraph', () => {
    const times = reviews.map(({ createdAt }) => createdAt);
    expect(times.every((time) => new Date(time).toISOString() === time.replace('Z', '.000Z'))).toBe(true);
    expect(times).toEqual([...times].sort());
    expect(new Set(reviews.map(({ body }) => body)).size).toBe(reviews.length);
    const lengths = reviews.map(({ body }) => body.length);
    expect(Math.min(...lengths)).toBeLessThan(10);
    expect(Math.max(...lengths)).toBeGreaterThan(600);
    expect(reviews.every(({ rating }) => Number.isInteger(rating) && rating >= 1 && rating <= 5)).toBe(true);
  });

  it('has about a dozen reviews in other languages', () => {
    const others = /[ぁ-ん]|\b(und|ist|der|et|est|les|une|pas|che|per|molto|una|muy|pero|los|el)\b/i;
    const foreign = reviews.filter(({ body }) => others.test(body));
    expect(foreign.length).toBeGreaterThanOrEqual(12);
    expect(foreign.length).toBeLessThanOrEqual(24);
  });
});
