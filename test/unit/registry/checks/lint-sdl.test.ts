import { describe, expect, it } from 'vitest';
import { lintSdl } from '../../../../src/registry/checks/index.ts';
import { eslintRules } from '../../../../src/registry/checks/lint/eslint-rules.ts';
import { lintSource } from '../../../../src/registry/checks/lint/lint-source.ts';

const link = (...imports: readonly string[]): string =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ${JSON.stringify(imports)})\n`;

async function rulesOf(sdl: string): Promise<readonly string[]> {
  const { findings } = await lintSource(sdl);
  return findings.map(({ rule, coordinate = '' }) => `${rule} ${coordinate}`.trim());
}

describe('lint', () => {
  it('in a worker says what is wrong, where, and what to do', async () => {
    const sdl = `${link('@key')}"""A"""\ntype pet @key(fields: "id") {\n  id: ID!\n  Name: String\n}\n`;
    const { findings, hasEslint } = await lintSdl({ name: 'pets', origin: 'pets.graphql', sdl });
    expect(hasEslint).toBe(true);
    expect(findings).toMatchObject([
      { rule: 'naming-convention', severity: 'warning', line: 3, coordinate: 'pet', source: { name: 'pets' } },
      { rule: 'naming-convention', line: 5, coordinate: 'pet.Name', message: expect.stringContaining('camelCase') },
    ]);
  });

  it.each([
    ['naming-convention C.red', '"d" enum C { red }'],
    ['no-hashtag-description', '# a shop\ntype Shop { id: ID }'],
    ['no-typename-prefix Shop.shopName', '"d" type Shop { shopName: String }'],
    ['require-deprecation-reason Shop.old', '"d" type Shop { old: Int @deprecated }'],
    ['require-description Shop', 'type Shop { id: ID }'],
    ['require-nullable-fields-with-oneof I.a', '"d" input I @oneOf { a: Int! b: Int }'],
    ['require-type-pattern-with-oneof', '"d" type R @oneOf { ok: Int }'],
    ['unique-enum-value-names C.Red', '"d" enum C { RED Red }'],
  ])('of graphql-eslint finds %s', async (rule, sdl) => {
    const name = rule.split(' ')[0] ?? '';
    expect(Object.keys(eslintRules)).toContain(name);
    expect((await rulesOf(link() + sdl)).join('\n')).toContain(rule);
  });

  it.each([
    ['federation/federation-1', '"d" type Shop { id: ID }'],
    ['federation/unused-import', `${link('@key', '@shareable')} "d" type Shop @key(fields: "id") { id: ID! }`],
    ['federation/key-of-list Shop.ids', `${link('@key')} "d" type Shop @key(fields: "ids") { ids: [ID!]! a: Int }`],
    ['federation/nullable-key Shop.id', `${link('@key')} "d" type Shop @key(fields: "id") { id: ID a: Int }`],
    [
      'federation/nullable-key Org.id',
      `${link('@key')} "d" type Shop @key(fields: "org { id }") { org: Org! a: Int } "d" type Org { id: ID }`,
    ],
    [
      'federation/non-null-reference Shop.owner',
      `${link('@key')} "d" type Shop { owner: User! } "d" type User @key(fields: "id", resolvable: false) { id: ID! }`,
    ],
    [
      'federation/unresolvable-fields User',
      `${link('@key')} "d" type User @key(fields: "id", resolvable: false) { id: ID! age: Int }`,
    ],
  ])('of federation finds %s', async (rule, sdl) => {
    expect(await rulesOf(sdl)).toEqual([rule]);
  });

  it('finds nothing in a careful schema, also under other names and in extensions', async () => {
    const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: [{ name: "@key", as: "@id" }])
      """People."""
      type User @id(fields: "id") { id: ID! name: String @federation__shareable shop: Shop }
      """Shops."""
      type Shop @id(fields: "id") { id: ID! }
      extend type User { age: Int }`;
    expect(await rulesOf(sdl)).toEqual([]);
  });

  it('leaves out what federation defines in introspected SDL', async () => {
    const sdl = `${link('@key')} directive @key(fields: _FieldSet!) on OBJECT
      scalar _FieldSet enum link__Purpose { security }  "d" type Shop @key(fields: "id") { id: ID! }`;
    expect(await rulesOf(sdl)).toEqual([]);
  });

  it('heeds a line that disables a rule', async () => {
    const sdl = `${link()}# eslint-disable-next-line @graphql-eslint/require-description\ntype Shop { id: ID }`;
    expect(await rulesOf(sdl)).toEqual([]);
  });

  it('says of what is no GraphQL where it ends to be', async () => {
    expect((await lintSource('type Shop {\n  id: }')).findings).toMatchObject([
      { rule: 'INVALID_GRAPHQL', severity: 'error', line: 2 },
    ]);
    expect((await lintSource('')).findings).toMatchObject([{ rule: 'INVALID_GRAPHQL' }]);
  });
});
