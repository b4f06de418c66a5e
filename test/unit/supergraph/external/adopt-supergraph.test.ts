import { readFileSync } from 'node:fs';
import { parse, print } from 'graphql';
import { describe, expect, it } from 'vitest';
import { composeSubgraphs } from '../../../../src/supergraph/compose-subgraphs.ts';
import { type AdoptionOutcome, adoptSupergraph } from '../../../../src/supergraph/external/adopt-supergraph.ts';
import { abstractTypes } from '../../../federation/schemas/abstract-types.ts';
import { contexts } from '../../../federation/schemas/contexts.ts';
import { entities } from '../../../federation/schemas/entities.ts';
import { interfaceObjects } from '../../../federation/schemas/interface-objects.ts';
import { keys } from '../../../federation/schemas/keys.ts';
import { places } from '../../../federation/schemas/places.ts';
import { requiredArguments } from '../../../federation/schemas/required-arguments.ts';
import { vehicles } from '../../../federation/schemas/vehicles.ts';
import { tagged } from '../../../testkit/graphs/tagged.ts';
import { vault } from '../../../testkit/graphs/vault.ts';

type Sdls = Readonly<Record<string, string>>;

const filters = [
  { name: 'public', include: [], exclude: ['internal'], hideUnreachableTypes: true, place: 'access.contracts.public' },
];

function compose(subgraphs: Sdls, contracts: typeof filters = []) {
  const sources = Object.entries(subgraphs).map(([name, sdl]) => ({ name, sdl, url: `http://${name}`, origin: name }));
  const outcome = composeSubgraphs(sources, contracts);
  if (outcome.kind === 'failed') throw new Error(outcome.problems.map(({ message }) => message).join('\n'));
  return outcome;
}

function adopt(sdl: string, contracts: typeof filters = []): AdoptionOutcome {
  return adoptSupergraph({ sdl, origin: 'elsewhere', routingUrls: {} }, contracts);
}

function problemsOf(sdl: string): readonly string[] {
  const outcome = adopt(sdl);
  return outcome.kind === 'failed' ? outcome.problems.map(({ code, message }) => `${code}: ${message}`) : [];
}

const sdlsOf = ({ subgraphs }: { readonly subgraphs: readonly { readonly name: string; readonly sdl: string }[] }) =>
  Object.fromEntries(subgraphs.map(({ name, sdl }) => [name, sdl]));

const shop = Object.fromEntries(
  ['accounts', 'reviews', 'products', 'inventory'].map((name) => [
    name,
    readFileSync(`subgraphs/${name}/schema.graphql`, 'utf8'),
  ]),
);

const guarded = `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag", "@authenticated", "@cost", "@listSize", "@tag", "@inaccessible"])
  @link(url: "https://isthmus.dev/limits/v1.0", import: ["@constraint", "@rateLimit"])
  @link(url: "https://isthmus.dev/cache/v1.0", import: ["@invalidates", "@fallback"])
  @link(url: "https://isthmus.dev/access/v1.0", import: ["@mask", "@rows"])
  interface Thing { id: ID!  secret: Int }
  type Query {
    search(text: String = "all" @constraint(maxLength: 5), first: Int): [Product!]! @cacheTag(format: "search-{$args.text}") @listSize(slicingArguments: ["first"]) @cost(weight: 7)
    thing: Thing  stock: Int @fallback(value: "1") @rateLimit(max: 3, window: "1s")  hidden: Int @inaccessible
  }
  type Mutation { change(id: ID!): Int @invalidates(tags: ["product-{$args.id}"]) }
  type Product implements Thing @key(fields: "id") @cacheTag(format: "product-{$key.id}") @rows(policy: "mine", fields: "id") {
    id: ID!  secret: Int @authenticated  email: String @mask(policy: "mine") @tag(name: "internal")
  }`;

describe('a supergraph from elsewhere is read as the subgraphs that it was composed of', () => {
  it.each<[string, Sdls]>([
    ['the shop', shop],
    ['every directive of protection, limits and caching', { a: guarded }],
    ['tags', { store: tagged.store.sdl, ...Object.fromEntries(Object.entries(tagged).map(([k, v]) => [k, v.sdl])) }],
    ['a vault', Object.fromEntries(Object.entries(vault).map(([k, v]) => [k, v.sdl]))],
    ...[abstractTypes, contexts, entities, interfaceObjects, keys, places, requiredArguments, vehicles].map(
      (schema): [string, Sdls] => [schema.name, sdlsOf(schema)],
    ),
  ])('%s', (_, sdls) => {
    const hasTags = Object.values(sdls).some((sdl) => sdl.includes('"internal"'));
    const composed = compose(sdls, hasTags ? filters : []);
    const adopted = adopt(composed.supergraphSdl, hasTags ? filters : []);
    if (adopted.kind === 'failed') throw new Error(adopted.problems.map(({ message }) => message).join('\n'));
    const { sources, ...composition } = adopted;
    expect(comparable(composition)).toEqual(comparable(composed));
    expect(sources.map(({ name }) => name).toSorted()).toEqual(Object.keys(sdls).toSorted());
  });
});

/** Without the order of definitions and hints, which is that of the composer. */
function comparable({ apiSdl, cacheRules, ...composition }: ReturnType<typeof compose>): object {
  const rules = [...cacheRules].map(([graph, types]) => [
    graph,
    Object.fromEntries(
      Array.from(types, ([type, { formats, members, fields }]) => {
        const saying = [...fields].filter(([, field]) => field.formats.length + field.invalidates.length > 0);
        return [type, { formats, members: members?.toSorted(), fields: saying }];
      }),
    ),
  ]);
  const definitions = parse(apiSdl).definitions.map(print).toSorted();
  return { ...composition, apiPieces: [], hints: [], definitions, rules: Object.fromEntries(rules) };
}

describe('a supergraph of which something protects and would not be enforced is refused', () => {
  const composed = compose({ a: guarded }).supergraphSdl;

  it.each([
    [
      'a later version of a specification',
      /authenticated\/v0\.1/,
      'authenticated/v0.9',
      'SECURITY_FEATURE_NOT_ENFORCED',
    ],
    [
      'a later version that is not said to be for security',
      / *@link\(url: "https:..specs.apollo.dev.authenticated.v0.1", for: SECURITY\)/,
      '@link(url: "https://specs.apollo.dev/authenticated/v0.9")',
      'SECURITY_FEATURE_NOT_ENFORCED',
    ],
    [
      'a directive without its @link',
      / *@link\(url: "https:..specs.apollo.dev.authenticated.v0.1", for: SECURITY\)/,
      '',
      'SECURITY_FEATURE_NOT_ENFORCED',
    ],
    [
      '@inaccessible without its @link',
      / *@link\(url: "https:..specs.apollo.dev.inaccessible.v0.2", for: SECURITY\)/,
      '',
      'SECURITY_FEATURE_NOT_ENFORCED',
    ],
    ['another version of ours', /isthmus.dev.access.v1.0/, 'isthmus.dev/access/v3.0', 'SECURITY_FEATURE_NOT_ENFORCED'],
    ['a rule that its interface has alone', /email: String/, 'other: Int @authenticated email: String', undefined],
    [
      'a rule of an interface that no type has',
      /(interface Thing[^{]*\{\n {2}id: ID!)/,
      '$1 @authenticated',
      'SECURITY_FEATURE_NOT_ENFORCED',
    ],
    [
      'a mask of a form that does not exist',
      /@mask\(policy: "mine"\)/,
      '@mask(policy: "mine", as: "nothing")',
      'MASK_INVALID',
    ],
    [
      'a specification that is executed elsewhere',
      /"https:..specs.apollo.dev.cacheTag.v0.1"/,
      '"https://specs.apollo.dev/connect/v0.1"',
      'SUPERGRAPH_NOT_EXECUTABLE',
    ],
    ['a subgraph without a URL', /"http:..a"/, '""', 'SUBGRAPH_URL_MISSING'],
    ['no join specification', /join\/v0.5/, 'join/v0.99', 'SUPERGRAPH_INVALID'],
  ])('%s', (_, pattern, replacement, code) => {
    const changed = composed.replace(pattern, replacement);
    expect(changed).not.toBe(composed);
    expect(problemsOf(changed).map((problem) => problem.split(':')[0])).toEqual(code === undefined ? [] : [code]);
  });

  it('what is no SDL, or no supergraph, is told with its reason', () => {
    expect(problemsOf('type {')).toEqual(['SUPERGRAPH_INVALID: Syntax Error: Expected Name, found "{".']);
    expect(problemsOf('type Query { a: Int }')).toEqual([
      'SUPERGRAPH_INVALID: Invalid supergraph: must be a core schema',
    ]);
  });
});

describe('supergraphs of older composers', () => {
  const first = `schema
    @core(feature: "https://specs.apollo.dev/core/v0.2") @core(feature: "https://specs.apollo.dev/join/v0.1", for: EXECUTION)
    @core(feature: "https://specs.apollo.dev/inaccessible/v0.1", for: SECURITY) { query: Query }
    directive @core(feature: String!, as: String, for: core__Purpose) repeatable on SCHEMA
    directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
    directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet) on FIELD_DEFINITION
    directive @join__type(graph: join__Graph!, key: join__FieldSet) repeatable on OBJECT | INTERFACE
    directive @join__owner(graph: join__Graph!) on OBJECT | INTERFACE
    directive @join__graph(name: String!, url: String!) on ENUM_VALUE
    scalar join__FieldSet
    enum core__Purpose { EXECUTION SECURITY }
    enum join__Graph { A @join__graph(name: "a" url: "http://a") B @join__graph(name: "b" url: "http://b") }
    type Product @join__owner(graph: A) @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
      id: ID! @join__field(graph: A)  name: String @join__field(graph: A)  stock: Int @join__field(graph: B)  secret: Int @join__field(graph: B) @inaccessible }
    type Query { products: [Product] @join__field(graph: A) }`;

  it('one of federation 1 is read, and what it hides is hidden', () => {
    const adopted = adopt(first);
    expect(adopted).toMatchObject({ kind: 'composed', sources: [{ name: 'a', url: 'http://a' }, { name: 'b' }] });
    if (adopted.kind === 'failed') return;
    expect(adopted.apiSdl).toContain('stock: Int');
    expect(adopted.apiSdl).not.toContain('secret');
    expect(adopted.entityTypes.get('Product')?.keys).toHaveLength(1);
  });

  it('one of federation 1 has no contracts, which say so', () => {
    const outcome = adopt(first, filters);
    expect(outcome).toMatchObject({ kind: 'failed', problems: [{ code: 'CONTRACT_INVALID' }] });
  });

  it('its security features are looked at as well', () => {
    expect(problemsOf(first.replace('inaccessible/v0.1', 'inaccessible/v0.9'))).toEqual([
      expect.stringContaining('SECURITY_FEATURE_NOT_ENFORCED'),
    ]);
  });
});

it('URLs of the configuration replace those of the supergraph', () => {
  const { supergraphSdl: sdl } = compose({ a: guarded });
  const outcome = adoptSupergraph({ sdl, origin: 'elsewhere', routingUrls: { a: 'http://127.0.0.1:1/graphql' } });
  expect(outcome).toMatchObject({ sources: [{ name: 'a', url: 'http://127.0.0.1:1/graphql' }] });
});

it('@oneOf of another composer is kept for clients, and not given to the planner', () => {
  const sdl = compose({
    a: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12")
      input By { id: ID  name: String }
      type Query { a(by: By!): Int }`,
  }).supergraphSdl.replace('input By', 'input By @oneOf');
  const outcome = adopt(sdl.replace('input By @oneOf\n', 'input By @oneOf '));
  if (outcome.kind === 'failed') throw new Error(outcome.problems[0]?.message);
  expect(outcome.apiSdl).toContain('input By @oneOf');
  expect(outcome.supergraphSdl).not.toContain('oneOf');
});
