import { Kind, print } from 'graphql';
import { expect, it } from 'vitest';
import { withResolvableKeysFirst } from '../../../../src/planning/repair/resolvable-keys.ts';
import { supergraphOf } from '../kit.ts';

it('keys that resolve entities precede those that do not, subgraph by subgraph', () => {
  const supergraph = supergraphOf(`
    type Item
      @join__type(graph: A, key: "sku", resolvable: false)
      @join__type(graph: B, key: "code", resolvable: false)
      @join__type(graph: A, key: "id")
    { id: ID! }`);
  const item = withResolvableKeysFirst(supergraph).definitions.find(
    (definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION,
  );
  expect(item?.directives?.map(print)).toEqual([
    '@join__type(graph: A, key: "id")',
    '@join__type(graph: B, key: "code", resolvable: false)',
    '@join__type(graph: A, key: "sku", resolvable: false)',
  ]);
});
