/** `@rows` that could not be enforced does not compose, and names its place and the mend. */
import { describe, expect, it } from 'vitest';
import { composeSubgraphs } from '../../../src/supergraph/compose-subgraphs.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@external", "@requires", "@shareable", "@interfaceObject"])
  @link(url: "https://isthmus.dev/access/v1.0", import: ["@rows"])`;

function compose(subgraphs: Readonly<Record<string, string>>) {
  const sources = Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://${name}`,
    sdl: `${link} ${sdl}`,
    origin: `${name}.graphql`,
  }));
  const outcome = composeSubgraphs(sources);
  return outcome.kind === 'composed'
    ? outcome.rows
    : outcome.problems.map(({ code, message, places }) => `${code} ${places[0]?.subgraph}: ${message}`).join('\n');
}

const item = (rule: string, field = '') =>
  `type Query { items: [Item!]! ${field} } type Item ${rule} { id: ID!  owner: Person  price(in: String): Int } type Person { id: ID! }`;

describe('@rows', () => {
  it.each([
    [
      '@rows(policy: "p", fields: "ownr")',
      '',
      '"Item" reads "Item.ownr", which no subgraph defines; did you mean "owner"?',
    ],
    ['@rows(policy: "p", fields: "owner")', '', 'reads the object "Item.owner" without fields of it'],
    ['@rows(policy: "p", fields: "id { x }")', '', 'selects fields of "Item.id", a scalar'],
    ['@rows(policy: "p", fields: "price(in: 1)")', '', 'reads "Item.price" with an alias or arguments'],
    ['@rows(policy: "p", fields: "")', '', 'has fields: "", which is no selection'],
    ['@rows(policy: "p", fields: "id", denied: "nul")', '', 'has denied: "nul"; did you mean "null"?'],
    ['', '@rows(policy: "p", fields: "id")', 'composed'],
    ['', 'count: Int @rows(policy: "p", fields: "id")', '"Query.count" is on a field that returns no object'],
  ])('%s %s: %s', (rule, field, message) => {
    const result = compose({ a: item(rule, field) });
    if (message === 'composed') expect(result).toMatchObject({ rules: [{ coordinate: 'Query.items' }] });
    else expect(result).toMatch(/^ROWS_INVALID a: /);
    if (message !== 'composed') expect(result).toContain(message);
  });

  it('is refused on interfaces, their fields, and root types', () => {
    const rule = '@rows(policy: "p", fields: "id")';
    expect(
      compose({
        a: `type Query ${rule} { n: N  t: T } interface N { id: ID  ns: [N] ${rule} } type T implements N { id: ID  ns: [N] }`,
      }),
    ).toBe('ROWS_INVALID a: @rows on "N.ns" is on an interface\nROWS_INVALID a: @rows on "Query" is on a root type');
  });

  it('reads its fields where the object is, or by a key of it', () => {
    const rows = compose({
      shop: 'type Query { items: [Item!]! } type Item @key(fields: "id") @rows(policy: "p", fields: "id tenant") { id: ID!  tenant: ID }',
      stock: 'type Query { stocked: [Item!]! } type Item @key(fields: "id", resolvable: false) { id: ID! }',
    });
    expect(rows).toMatchObject({
      supplies: new Map([
        ['shop', new Map([['Item', [{ rule: 0, here: ['id', 'tenant'], lookups: [], missing: [] }]]])],
        [
          'stock',
          new Map([
            [
              'Item',
              [
                {
                  rule: 0,
                  here: ['id'],
                  lookups: [{ subgraph: 'shop', typeName: 'Item', key: ['id'], fields: ['tenant'] }],
                  missing: [],
                },
              ],
            ],
          ]),
        ],
      ]),
    });
  });

  it('is refused where a subgraph returns objects that have neither', () => {
    expect(
      compose({
        shop: 'type Query { items: [Item!]! } type Item @key(fields: "id") @rows(policy: "p", fields: "tenant") { id: ID!  tenant: ID }',
        skus: 'type Item @key(fields: "id") @key(fields: "sku") { id: ID!  sku: ID }',
        stock: 'type Query { stocked: [Item!]! } type Item @key(fields: "sku") { sku: ID }',
      }),
    ).toBe(
      'ROWS_INVALID stock: @rows on "Item" reads "tenant", which "stock" does not have of the "Item" it returns, nor a key by which another subgraph has it',
    );
  });

  it('does not read a field by what the field itself requires', () => {
    const rows = compose({
      shop: 'type Query { items: [Item!]! } type Item @key(fields: "id") @rows(policy: "p", fields: "rank") { id: ID!  price: Int }',
      ranks: 'type Item @key(fields: "id") { id: ID!  price: Int @external  rank: Int @requires(fields: "price") }',
    });
    expect(rows).toContain('reads "rank", which "shop" does not have');
  });
});
