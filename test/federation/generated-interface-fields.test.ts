import { describe, expect, it } from 'vitest';
import type { DataObject } from '../testkit/random/in-process-subgraph.ts';
import { createTestGraph, type TestSchema } from '../testkit/random/test-graph.ts';
import { read } from './schemas/read.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@interfaceObject"])';
const ai = '@link(url: "https://isthmus.dev/ai/v1.0", import: ["@generate"])';

/** A field that a model writes, on an interface of which the AI subgraph knows no type. */
const schema: TestSchema = {
  name: 'generated fields of an interface',
  ids: ['m1'],
  inProcess: ['assistant'],
  subgraphs: [
    {
      name: 'library',
      sdl: `${federation}
        type Query { all: [Media!]! }
        interface Media @key(fields: "id") { id: ID!, title: String! }
        type Book implements Media @key(fields: "id") { id: ID!, title: String! }
        type Film implements Media @key(fields: "id") { id: ID!, title: String! }`,
    },
    {
      name: 'picks',
      sdl: `${federation}
        type Query { picks: [Media!]! }
        type Media @interfaceObject @key(fields: "id") { id: ID!, like: Media }`,
    },
    {
      name: 'assistant',
      sdl: `${federation} ${ai}
        type Media @interfaceObject @key(fields: "id") {
          id: ID!
          title: String! @external
          blurb: String @requires(fields: "title") @generate(prompt: "blurb", maxOutputTokens: 10)
        }`,
    },
  ],
  data: () => {
    const all = ['Book', 'Film', 'Book', 'Film'].map(
      (typeName, index): DataObject => ({
        __typename: typeName,
        id: `m${index}`,
        title: `${typeName} ${index}`,
        like: () => all[(index + 1) % 4],
        blurb(this: DataObject) {
          return `Read ${read(this, 'title')}`;
        },
      }),
    );
    return { entities: all, root: { all: () => all, picks: () => all } };
  },
};

describe('a paid field that is selected by type on an interface object', () => {
  const graph = createTestGraph(schema);

  it.each([
    ['where the types are known', '{ all { ... on Film { blurb } } }'],
    ['where they are not', '{ picks { ... on Film { blurb } } }'],
    ['beside other fields', '{ picks { id title like { id } ... on Film { blurb } ... on Book { title } } }'],
    ['below another', '{ picks { id like { ... on Film { blurb } } } }'],
  ])('is generated for that type only %s', async (_name, query) => {
    expect(await graph.run(graph.engine, query)).toEqual(await graph.monolith(query));
    const sent = graph.requests.filter((one) => one.subgraph === 'assistant').map((one) => JSON.stringify(one.request));
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatch(/Film 1.*Film 3|Film 3.*Film 1/);
    expect(sent[0]).not.toContain('Book');
  });

  it('is not generated for a type because another type selects more below the same field', async () => {
    const query = '{ picks { like { id } ... on Film { like { blurb } } } }';
    const outcome = await graph.run(graph.engine, query).catch((error: { code: string }) => error.code);
    if (typeof outcome === 'string') expect(outcome).toMatch(/^PLAN_/);
    else {
      expect(outcome).toEqual(await graph.monolith(query));
      const sent = graph.requests.filter((one) => one.subgraph === 'assistant');
      expect(JSON.stringify(sent)).not.toContain('Film'); // films are followed by books
    }
  });
});
