import { buildSchema, type OperationDefinitionNode, parse } from 'graphql';
import { expect, it } from 'vitest';
import { fieldAt } from '../../../../../src/http/graphql/caching/field-at.ts';

const schema = buildSchema(`
  type Query { products: [Product] node: Node }
  interface Node { id: ID }
  type Product implements Node { id: ID name: String maker: Maker }
  type Maker { city: String }
`);
const document = parse(
  '{ list: products { ...P maker { town: city } } node { id ... on Product { title: name } } } fragment P on Product { label: name }',
);
const operation = document.definitions[0] as OperationDefinitionNode;

it.each([
  [['list', 3, 'label'], 'Product.name'],
  [['list', 0, 'maker', 'town'], 'Maker.city'],
  [['list'], 'Query.products'],
  [['node', 'title'], 'Product.name'],
  [['node', 'id'], 'Node.id'],
  [['list', 0, 'unknown'], 'Query.products'],
])('%j is %s', (path, coordinate) => {
  const { type, field } = fieldAt(schema, { document, operation }, path);
  expect(`${type}.${field}`).toBe(coordinate);
});
