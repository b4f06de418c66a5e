import { parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { aiFieldsOf } from '../../../../../src/ai/fields/ai-field.ts';
import { compileProjection } from '../../../../../src/ai/fields/answers/projection.ts';
import { canonicalJson } from '../../../../../src/lib/index.ts';

function projectionOf(requires: string) {
  const [field] = aiFieldsOf(
    parse(`extend schema @link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])
type Product { text: String @requires(fields: "${requires}") @generate(prompt: "p") }`),
  );
  return compileProjection(field?.requiresSelection);
}

const product = {
  __typename: 'Product',
  id: 'p1',
  name: 'Lamp',
  reviews: [{ rating: 5, body: 'Bright.', author: { name: 'Ann', email: 'a@x' } }, null, { body: 'Dim.', rating: 1 }],
  maker: { __typename: 'Shop', name: 'Co', city: 'Oslo' },
  tags: ['a', 'b'],
};

describe('the inputs of a field', () => {
  it.each([
    ['name', { name: 'Lamp' }],
    ['reviews { body }', { reviews: [{ body: 'Bright.' }, null, { body: 'Dim.' }] }],
    [
      'reviews { author { name } } reviews { rating }',
      {
        reviews: [{ rating: 5, author: { name: 'Ann' } }, null, { rating: 1 }],
      },
    ],
    ['maker { ... on Shop { city } ... on Person { born } } tags', { maker: { city: 'Oslo' }, tags: ['a', 'b'] }],
    ['missing', {}],
  ])('of %s are only these, written as canonical JSON', (requires, expected) => {
    const projection = projectionOf(requires);
    expect(projection.of(product)).toEqual(expected);
    expect(projection.textOf(product)).toBe(canonicalJson(expected));
  });

  it('without @requires is nothing', () => {
    const projection = compileProjection(undefined);
    expect(projection.of(product)).toEqual({});
    expect(projection.textOf(product)).toBe('{}');
  });
});
