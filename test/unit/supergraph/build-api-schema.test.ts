import { buildASTSchema, parse, printSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { buildApiSchema, compose } from '../../../src/supergraph/index.ts';

const federation =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@inaccessible"])';
const types = Array.from({ length: 120 }, (_, index) => index);
const sdl = `${federation}
  """
  What clients may ask.

  A description of several paragraphs.
  """
  type Query { node(id: ID!, filter: Filter): Node, things: [Thing!]! }
  type Mutation { touch(id: ID!): Node }
  interface Node { id: ID! }
  input Filter { of: Kind = ONE, within: Filter }
  enum Kind { ONE, TWO @deprecated(reason: "long ago") }
  scalar Stamp @specifiedBy(url: "https://example.org/stamp")
  union Thing = ${types.map((index) => `T${index}`).join(' | ')}
  ${types
    .map(
      (index) => `type T${index} implements Node @key(fields: "id") {
        id: ID!
        ${types
          .slice(0, 20)
          .map((field) => `"Says what." field${field}(first: Int = 10, at: Stamp): T${(index + field) % 120}`)
          .join('\n')}
        hidden: Int @inaccessible
      }`,
    )
    .join('\n')}`;

const source = { name: 'things', url: 'http://127.0.0.1/things', sdl, origin: 'things.graphql' };

describe('the API schema built in pieces', () => {
  it('is the one built as a whole', async () => {
    const { apiSdl, apiPieces } = await compose([source]);
    expect(apiPieces.length).toBeGreaterThan(5);
    expect(apiPieces.join('')).toBe(apiSdl);
    const schema = await buildApiSchema(apiPieces);
    expect(printSchema(schema)).toBe(printSchema(buildASTSchema(parse(apiSdl))));
    expect(schema.getMutationType()?.name).toBe('Mutation');
    expect(schema.getDirective('skip')).toBeDefined();
    expect(schema.isSubType(schema.getType('Thing') as never, schema.getType('T7') as never)).toBe(true);
  }, 60_000);

  it('yields to other work in between', async () => {
    const { apiPieces } = await compose([source]);
    let turns = 0;
    let built = false;
    const turn = (): void => {
      turns++;
      if (!built) setImmediate(turn);
    };
    setImmediate(turn);
    await buildApiSchema(apiPieces);
    built = true;
    expect(turns).toBeGreaterThan(apiPieces.length);
  }, 60_000);
});

describe('the memberships of types', () => {
  it('are their interfaces and unions, inaccessible ones too', async () => {
    const { memberships } = await compose([
      {
        ...source,
        sdl: `${federation} type Query { a: A } interface I @inaccessible { id: ID } interface J { id: ID }
          type A implements I & J { id: ID } type B { id: ID } union U = A | B`,
      },
    ]);
    expect([...(memberships.get('A') ?? [])].sort()).toEqual(['A', 'I', 'J', 'U']);
    expect([...(memberships.get('B') ?? [])].sort()).toEqual(['B', 'U']);
  }, 60_000);
});
