/**
 * Advisories on access rules of other gateways and composers, rebuilt: rules on interfaces (GHSA-mx7m-j9xf-62hw), polymorphic
 * selections (GHSA-x33c-7c2v-mrj9), renamed directives (GHSA-g8jh-vg5j-4h3f), and @requires (GHSA-m8jr-fxqx-8xx6). What older
 * composers let through is refused here, since every supergraph is composed by the composer that is part of the gateway.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose } from '../../../src/supergraph/index.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const fed = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`;

async function problemsOf(...sdls: readonly string[]): Promise<string> {
  const sources = sdls.map((sdl, index) => ({
    name: `s${index}`,
    url: `http://127.0.0.1:${index + 1}`,
    origin: `s${index}.graphql`,
    sdl,
  }));
  return compose(sources).then(
    () => 'composed',
    (error: Error) => error.message,
  );
}

describe.each([
  ['@authenticated', '@authenticated'],
  ['@requiresScopes', '@requiresScopes(scopes: [["a"]])'],
  ['@policy', '@policy(policies: [["p"]])'],
])('%s', (name, use) => {
  const schema = (onType: string, onField: string, imports = `"@key", "${name}"`) => `${fed(imports)}
    type Query { node: Node }
    interface Node ${onType} { id: ID!  secret: String ${onField} }
    type A implements Node { id: ID!  secret: String }`;

  it('on an interface or its field is refused at composition, and never dropped', async () => {
    expect(await problemsOf(schema(use, ''))).toContain('AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE');
    expect(await problemsOf(schema('', use))).toContain('AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE');
  });

  it('on an interface is refused under another name as well', async () => {
    const renamed = schema('', use.replace(name, '@guard'), `"@key", { name: "${name}", as: "@guard" }`);
    expect(await problemsOf(renamed)).toContain('AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE');
    const namespaced = schema('', use.replace(name, `@federation__${name.slice(1)}`), '"@key"');
    expect(await problemsOf(namespaced)).toContain('AUTH_REQUIREMENTS_APPLIED_ON_INTERFACE');
  });

  it('of a required field is to be on the field that requires it, through interfaces and lists as well', async () => {
    const owner = `${fed(`"@key", "${name}"`)}
      type Query { users: [User] }
      type User @key(fields: "id") { id: ID!  salary: Int ${use}  cards: [Card] }
      interface Card { number: String }
      type Gold implements Card { number: String ${use} }
      type Plain implements Card { number: String }`;
    const reader = (fields: string, external: string, rule = '') => `${fed(
      `"@key", "@external", "@requires", "@shareable", "${name}"`,
    )}
      type User @key(fields: "id") { id: ID!  ${external}  summary: String @requires(fields: "${fields}") ${rule} }`;
    expect(await problemsOf(owner, reader('salary', 'salary: Int @external'))).toContain(
      'MISSING_TRANSITIVE_AUTH_REQUIREMENTS',
    );
    expect(await problemsOf(owner, reader('salary', 'salary: Int @external', use))).toBe('composed');
    const types =
      'interface Card { number: String } type Gold implements Card { number: String @external } type Plain implements Card { number: String @external }';
    const ofCards = (rule: string) => `${reader('cards { number }', 'cards: [Card] @external', rule)} ${types}`;
    expect(await problemsOf(owner, ofCards(''))).toContain('MISSING_TRANSITIVE_AUTH_REQUIREMENTS');
    expect(await problemsOf(owner, ofCards(use))).toBe('composed');
  });
});

describe('a protected implementer', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const sdl = `${fed('"@key", "@requiresScopes", { name: "@authenticated", as: "@guard" }')}
      type Query { node: Node  outer: Outer  found: [Found] }
      interface Outer { id: ID! }
      interface Node implements Outer { id: ID!  secret: String }
      union Found = A | B
      type A implements Node & Outer { id: ID!  secret: String @guard  own: String }
      type B implements Node & Outer @requiresScopes(scopes: [["b"]]) { id: ID!  secret: String }`;
    const a = { __typename: 'A', id: 'a', secret: 'of a', own: 'own' };
    const b = { __typename: 'B', id: 'b', secret: 'of b' };
    gateway = await startTestGateway({
      subgraphs: { shop: { sdl, resolvers: { Query: { node: () => a, outer: () => a, found: () => [a, b] } } } },
      yaml: 'access: { denials: off }',
    });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  it.each([
    '{ node { secret } }',
    '{ node { ... on A { secret } } }',
    '{ node { ... on Outer { ... on Node { secret } } } }',
    '{ outer { ... on Node { secret } } }',
    '{ outer { ...F } } fragment F on Node { ...G } fragment G on A { x: secret }',
    '{ found { ... on Node { secret } } }',
    '{ found { ... on Outer { ... on A { secret } ... on B { secret } } } }',
    'query ($yes: Boolean = true) { node { ... @include(if: $yes) { ... on Outer { ... on A { secret @skip(if: false) } } } } }',
    '{ found { __typename ... on B { id } } }',
  ])('is denied through %s', async (query) => {
    const answer = await gateway.query(query);
    expect(answer.status).toBe(200);
    expect(JSON.stringify(answer.data)).not.toMatch(/of [ab]|"B"|"b"/);
    expect(JSON.stringify(gateway.subgraphs.shop?.requests)).not.toContain('secret');
  });
});
