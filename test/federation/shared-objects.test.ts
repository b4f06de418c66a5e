import { describe, expect, it } from 'vitest';
import type { DataObject } from '../testkit/random/in-process-subgraph.ts';
import { createTestGraph } from '../testkit/random/test-graph.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires"])\n';

const owner: DataObject = {
  __typename: 'Person',
  id: 'p1',
  greeting: ({ hi }: { hi?: string }) => `${hi} ada`,
};
const thing = (number: number): DataObject => ({
  __typename: 'Thing',
  id: `t${number}`,
  next: () => thing((number % 3) + 1),
  owner: () => owner,
});

/** Three things of one owner, each of which leads to the next: the owner is at many positions, at some by two ways. */
const graph = createTestGraph({
  name: 'shared objects',
  ids: [],
  subgraphs: [
    {
      name: 'things',
      sdl: `${federation}type Query { things: [Thing!] }
        type Thing @key(fields: "id") { id: ID!, next: Thing }`,
    },
    {
      name: 'owners',
      sdl: `${federation}type Thing @key(fields: "id") { id: ID!, owner: Person }
        type Person @key(fields: "id") { id: ID! }`,
    },
    {
      name: 'greetings',
      sdl: `${federation}type Person @key(fields: "id") { id: ID!, greeting(hi: String): String }`,
    },
  ],
  data: () => ({
    root: { things: () => [thing(1), thing(2), thing(3)] },
    entities: [thing(1), thing(2), thing(3), owner],
  }),
});

describe('an object that several entities share, replaced at one of its positions by an equal one', () => {
  it.each([
    '{ things { owner { greeting(hi: "a") } next { owner { greeting(hi: "b") } } } }',
    '{ things { next { owner { greeting(hi: "b") } } owner { greeting(hi: "a") } } }',
    '{ things { owner { greeting(hi: "a") } next { owner { greeting(hi: "b") } next { owner { greeting(hi: "c") } } } } }',
  ])('has at every position what is selected there: %s', async (query) => {
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
  });
});
