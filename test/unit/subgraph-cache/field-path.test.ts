import { expect, it } from 'vitest';
import { fieldPath } from '../../../src/subgraph-cache/field-path.ts';

it.each([
  ['{ a: products { b: name } }', ['a', 1, 'b'], false, 'products.1.name'],
  [
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on P { s0: stock ...F } } } fragment F on P { x: y { z } }',
    ['x', 'z'],
    true,
    'y.z',
  ],
  [
    'query ($r: [_Any!]!) { _entities(representations: $r) { ... on P { s0: stock } } }',
    ['s0', 'in', 'json'],
    true,
    'stock.in.json',
  ],
])('%s: %j is of the schema', (query, path, isOfEntities, expected) => {
  expect(fieldPath(query, path, isOfEntities)).toBe(expected);
});
