/** What is cached of a request survives a change of the schema that does not touch what it reads, and no other. */
import { describe, expect, it } from 'vitest';
import { CacheHints, RequestVersions } from '../../../src/cache/index.ts';

const sdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key", "@cacheTag"])
  type Query { products: [Product!]! @cacheControl(maxAge: 60) media: [Media!]! }
  type Product @key(fields: "id") { id: ID! name: String @cacheControl(maxAge: 60) status: Status maker: Maker price: Int }
  type Maker { name: String city: String }
  extend type Query { found(page: Page): [Product] }
  input Page { first: Int = 10 order: Order }
  input Order { by: String = "name" page: Page }
  enum Status { ON OFF }
  interface Media { url: String }
  type Picture implements Media { url: String alt: String }
`;
const entities =
  'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { name status maker { name } } } }';

function versionOf(
  query: string,
  edit: (sdl: string) => string = (text) => text,
  keysOf: (type: string) => unknown = () => ['id'],
): string {
  const edited = edit(sdl);
  return new RequestVersions({ sdl: edited, hints: new CacheHints(edited), ofType: keysOf }).of(query);
}

describe('the version of a request', () => {
  it.each([
    ['a field that it does not read', 'price: Int', 'price: Int @cacheControl(maxAge: 1)'],
    ['a new field', 'price: Int', 'price: Int weight: Int'],
    ['a field of the root', 'products: [Product!]!', 'products(first: Int): [Product!]!'],
    ['another type', 'alt: String', 'alt: String!'],
    ['a description', 'price: Int', '"""In cents.""" price: Int'],
  ])('stays where %s changes', (_, from, to) => {
    expect(versionOf(entities, (text) => text.replace(from, to))).toBe(versionOf(entities));
  });

  it.each([
    ['a field that it reads', 'name: String @cacheControl(maxAge: 60)', 'name: String @cacheControl(maxAge: 1)'],
    ['the type of a field', 'status: Status', 'status: Status!'],
    [
      'the tags of its type',
      'type Product @key(fields: "id")',
      'type Product @key(fields: "id") @cacheTag(format: "p-{$key.id}")',
    ],
    ['an extension of its type', 'enum Status', 'extend type Product @cacheControl(maxAge: 5)\n enum Status'],
    ['a type below it', 'type Maker', 'type Maker @cacheControl(maxAge: 5)'],
    ['a field below it', 'type Maker { name: String', 'type Maker { name: String!'],
    ['an enum that it reads', 'ON OFF', 'ON'],
    ['what the schema links', 'import: ["@key", "@cacheTag"]', 'import: ["@key"]'],
  ])('is another where %s changes', (_, from, to) => {
    expect(versionOf(entities, (text) => text.replace(from, to))).not.toBe(versionOf(entities));
  });

  it('is another where the keys of its type do', () => {
    expect(versionOf(entities, undefined, () => ['id', 'sku'])).not.toBe(versionOf(entities));
  });

  it('is that of all of the schema where it reads an interface', () => {
    const media = '{ media { url } }';
    expect(versionOf(media, (text) => text.replace('alt: String', 'alt: String!'))).not.toBe(versionOf(media));
  });

  it('is another where it reads an interface and the keys of one of its types change', () => {
    const keysOf = (type: string) => (type === 'Picture' ? ['url'] : ['id']);
    expect(versionOf('{ media { url } }', undefined, keysOf)).not.toBe(versionOf('{ media { url } }'));
  });

  it.each([
    ['of the input object itself', 'first: Int = 10', 'first: Int = 5'],
    ['of one inside it', 'by: String = "name"', 'by: String = "price"'],
  ])('is another where a default changes %s', (_, from, to) => {
    const query = '{ found(page: {}) { name } }';
    expect(versionOf(query, (text) => text.replace(from, to))).not.toBe(versionOf(query));
    expect(versionOf(entities, (text) => text.replace(from, to))).toBe(versionOf(entities));
  });

  it('of a field of the root stays where other fields of the root change', () => {
    const products = '{ products { name } }';
    expect(versionOf(products, (text) => text.replace('media: [Media!]!', 'media: [Media]'))).toBe(versionOf(products));
    expect(versionOf(products, (text) => text.replace('maxAge: 60) media', 'maxAge: 1) media'))).not.toBe(
      versionOf(products),
    );
  });
});
