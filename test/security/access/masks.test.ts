/** `@mask`: each caller reads a field in the form of the first policy that allows, and nothing of it where none does. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compose } from '../../../src/supergraph/index.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const link = (imports: string) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@interfaceObject", "@shareable"])
    @link(url: "https://isthmus.dev/access/v1.0", import: [${imports}])`;

const people = [
  { id: 'u1', name: 'Ada', email: 'ada@example.com', card: '4111111111111111', pin: 7, tags: ['a', 'b'] },
  { id: 'u2', name: 'Bob', email: 'no address', card: '1234', pin: null, tags: [] },
];

let gateway: TestGateway;
beforeAll(async () => {
  const access = {
    proxy: { from: ['127.0.0.1'], id: 'x-user', roles: 'x-roles' },
    policies: {
      admin: "'admin' in principal.roles",
      support: "'support' in principal.roles",
      anyone: 'true',
    },
  };
  gateway = await startTestGateway({
    subgraphs: {
      people: {
        sdl: `${link('"@mask"')}
          type Query { people: [Person!]! }
          type Person @key(fields: "id") { id: ID!  name: String!
            email: String @mask(policy: "admin") @mask(policy: "support", as: "email")
            card: ID! @mask(policy: "admin", as: "whole") @mask(policy: "support", as: "last4") @mask(policy: "anyone", as: "text:hidden")
            pin: Int @mask(policy: "admin") @mask(policy: "anyone", as: "null")
            tags: [String!] @mask(policy: "admin") @mask(policy: "anyone", as: "hash") }`,
        resolvers: { Query: { people: () => people } },
      },
      letters: {
        sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])
          type Person @key(fields: "id") { id: ID!  email: String @external  greeting: String @requires(fields: "email") }`,
        resolvers: { Person: { greeting: ({ email }: { email: string }) => `to ${email.length}` } },
      },
    },
    yaml: `access: ${JSON.stringify(access)}`,
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const as = (roles: string) => ({ 'x-user': 'u9', 'x-roles': roles });
const query = '{ people { id mail: email card pin tags } }';

describe('a masked field', () => {
  it('is whole, masked or denied, by the caller', async () => {
    expect((await gateway.query(query, {}, as('admin'))).data.people[0]).toEqual({
      id: 'u1',
      mail: 'ada@example.com',
      card: '4111111111111111',
      pin: 7,
      tags: ['a', 'b'],
    });
    const support = await gateway.query(query, {}, as('support'));
    expect(support.errors).toBeUndefined();
    expect(support.data.people).toEqual([
      {
        id: 'u1',
        mail: 'a•••@example.com',
        card: '•••1111',
        pin: null,
        tags: [expect.any(String), expect.any(String)],
      },
      { id: 'u2', mail: '•••', card: '•••', pin: null, tags: [] },
    ]);
    expect(support.data.people[0].tags[0]).toMatch(/^[0-9a-f]{16}$/);
    const other = await gateway.query(query, {}, as('guest'));
    expect(other.data.people[0]).toMatchObject({ mail: null, card: 'hidden' });
    expect(other.errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
      [['people', 0, 'mail'], 'UNAUTHORIZED_FIELD_OR_TYPE'],
      [['people', 1, 'mail'], 'UNAUTHORIZED_FIELD_OR_TYPE'],
    ]);
  });

  it('has the form of its own caller, whoever asks at the same time', async () => {
    const roles = ['admin', 'support', 'guest'];
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) => gateway.query(query, {}, as(roles[index % 3] ?? ''))),
    );
    const mails = answers.map(({ data }) => data.people[0].mail);
    expect(mails).toEqual(mails.map((_, index) => ['ada@example.com', 'a•••@example.com', null][index % 3]));
  });

  it('is hashed with the key of the gateway: a value that is guessed has another hash elsewhere', async () => {
    const tags = async ({ query: ask }: TestGateway) =>
      (await ask('{ people { tags } }', {}, as('support'))).data.people[0].tags as string[];
    const sdl = `${link('"@mask"')} type Query { people: [Person!]! }
      type Person @key(fields: "id") { id: ID!  tags: [String!] @mask(policy: "anyone", as: "hash") }`;
    const hashes = async (lines: object, store: object = {}) => {
      const yaml = `access: ${JSON.stringify({ policies: { anyone: 'true' }, ...lines })}\nstore: ${JSON.stringify(store)}`;
      const subgraphs = { people: { sdl, resolvers: { Query: { people: () => people } } } };
      await using other = await startTestGateway({ subgraphs, yaml });
      expect(await tags(other)).toEqual(await tags(other));
      return await tags(other);
    };
    const key = 'a key of masks, of 32 characters or more';
    const [own, first, second, ofStore] = [
      await tags(gateway),
      await hashes({ mask_key: key }),
      await hashes({ mask_key: key }, { key: 'another key, of 32 characters or more' }),
      await hashes({}, { key }),
    ];
    expect(second).toEqual(first);
    expect(ofStore).toEqual(first);
    expect(own).not.toEqual(first);
    const guessed = createHash('sha256').update('a').digest('hex').slice(0, 16);
    for (const hash of [own[0], first[0]]) expect(hash).not.toBe(guessed);
  });

  it('is whole for the subgraph that requires it', async () => {
    const { data } = await gateway.query('{ people { email greeting } }', {}, as('support'));
    expect(data.people[0]).toEqual({ email: 'a•••@example.com', greeting: 'to 15' });
  });
});

describe('composition', () => {
  const problem = async (field: string) => {
    const sdl = `${link('"@mask"')} type Query { p: P } type P { e: String ${field} }`;
    return compose([{ name: 'a', url: 'http://a', sdl, origin: 'a.graphql' }]).then(
      () => 'composed',
      (error: Error) => error.message,
    );
  };

  it('refuses a mask that could not be shown', async () => {
    expect(await problem('m: String @mask(policy: "p", as: "mail")')).toMatch(
      /MASK_INVALID in a \(a\.graphql:\d+\)[\s\S]*"P\.m" has as: "mail"[\s\S]*email[\s\S]*suggested fix: write whole/,
    );
    expect(await problem('m: Int @mask(policy: "p", as: "last4")')).toContain('has as: "last4" on a Int');
    expect(await problem('m: String! @mask(policy: "p", as: "null")')).toContain('on a field that is never null');
    expect(await problem('m: P @mask(policy: "p")')).toContain('mask the fields of the object');
    expect(await problem('m: String @mask(policy: "p", as: "text:hidden")')).toBe('composed');
  });

  it('refuses masks that differ between subgraphs, and another version of the specification', async () => {
    const source = (name: string, mask: string, imports = '"@mask"') => ({
      name,
      url: `http://${name}`,
      origin: `${name}.graphql`,
      sdl: `${link(imports)} type Query { p${name}: P } type P @key(fields: "id") { id: ID! e: String @shareable ${mask} }`,
    });
    await expect(compose([source('a', '@mask(policy: "x")'), source('b', '@mask(policy: "y")')])).rejects.toThrow(
      /"P\.e" differs between "a" and "b"/,
    );
    await compose([source('a', '@mask(policy: "x")'), source('b', '@mask(policy: "x")')]);
    const later = source('a', '');
    await expect(compose([{ ...later, sdl: later.sdl.replace('access/v1.0', 'access/v1.1') }])).rejects.toThrow(
      /SECURITY_FEATURE_NOT_ENFORCED|v1\.1/,
    );
  });

  it('refuses what the specification does not have, even where the subgraph defines it', async () => {
    const sdl = `${link('"@columns"')} directive @columns(policy: String) on OBJECT
      type Query { p: P } type P @columns(policy: "x") { e: String }`;
    await expect(compose([{ name: 'a', url: 'http://a', origin: 'a.graphql', sdl }])).rejects.toThrow(
      /SECURITY_FEATURE_NOT_ENFORCED[\s\S]*imports @columns[\s\S]*import what it has: @mask, @rows/,
    );
    const namespaced = sdl.replace('"@columns"', '"@mask"').replaceAll('@columns', '@access__columns');
    await expect(compose([{ name: 'a', url: 'http://a', origin: 'a.graphql', sdl: namespaced }])).rejects.toThrow(
      /SECURITY_FEATURE_NOT_ENFORCED[\s\S]*imports @columns/,
    );
  });
});
