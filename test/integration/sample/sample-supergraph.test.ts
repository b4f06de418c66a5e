import { readdirSync, readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Composition, compose } from '../../../src/supergraph/index.ts';

const names = ['accounts', 'reviews', 'products', 'inventory', 'assistant'];
const operations = readdirSync('subgraphs/operations')
  .filter((file) => file.endsWith('.graphql'))
  .sort();
const withoutComments = (document: string) => document.replaceAll(/^#.*\n/gm, '');

let composition: Composition;
beforeAll(async () => {
  composition = await compose(
    names.map((name) => {
      const origin = `subgraphs/${name}/schema.graphql`;
      return { name, url: '', origin, sdl: readFileSync(origin, 'utf8') };
    }),
  );
});

describe('the sample supergraph', () => {
  it('composes without hints', () => {
    expect(composition.hints).toEqual([]);
  });

  it('describes its AI fields and the main types', () => {
    const schema = buildSchema(composition.apiSdl);
    for (const type of ['Product', 'Review', 'User', 'Sentiment'])
      expect(schema.getType(type)?.description, type).toBeTruthy();
    expect(composition.apiSdl).toContain('written by a model');
  });

  it.each(operations)(
    'validates the example operation %s, which begins with a comment and needs no variables',
    (file) => {
      const source = readFileSync(`subgraphs/operations/${file}`, 'utf8');
      const document = parse(source);
      expect(validate(buildSchema(composition.apiSdl), document)).toEqual([]);
      expect(source).toMatch(/^# \S/);
      const [operation] = document.definitions;
      if (operation?.kind !== 'OperationDefinition') throw new Error(`${file} begins with an operation`);
      expect(operation.name).toBeDefined();
      expect(operation.variableDefinitions?.every(({ defaultValue }) => defaultValue !== undefined)).toBe(true);
    },
  );

  it('shows business data and AI fields side by side in its first operation', () => {
    expect(operations[0]).toBe('1-shop-with-ai.graphql');
    const text = withoutComments(readFileSync('subgraphs/operations/1-shop-with-ai.graphql', 'utf8'));
    expect(text.replaceAll(/\s+/g, ' ').trim()).toBe(
      'query ShopWithAi { me { name reviews(first: 2) { body sentiment } } products(first: 5, category: AUDIO) { name price inStock shippingEstimate averageRating reviewSummary answer(question: "Is the battery good?") } }',
    );
  });
});
