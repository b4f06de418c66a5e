/** What `@cacheControl` on types and fields says of a request, with the meaning that Apollo Server gives it. */
import { describe, expect, it } from 'vitest';
import { CacheHints } from '../../../src/cache/index.ts';

const hints = new CacheHints(`
  type Query {
    plain: Product
    hinted: Product @cacheControl(maxAge: 30)
    inherited: Product @cacheControl(inheritMaxAge: true)
    count: Int
    timed: Timed
    overridden: Timed @cacheControl(maxAge: 90)
    personal: Personal @cacheControl(maxAge: 60)
  }
  type Product @key(fields: "id") { id: ID! name: String @cacheControl(maxAge: 10) maker: Maker rating: Int parts: [Maker] @cacheControl(inheritMaxAge: true) }
  type Maker { name: String }
  type Timed @cacheControl(maxAge: 20) { at: Int }
  type Personal @cacheControl(scope: PRIVATE) { name: String mail: String @cacheControl(maxAge: 5, scope: PUBLIC) }
`);

const publicly = (maxAge: number) => ({ maxAgeMs: maxAge * 1000, scope: 'public' });

describe('the hints of a request', () => {
  it.each<readonly [string, object | undefined, boolean]>([
    // A field of the root, or of an object, that has no hint has the configured default.
    ['{ count }', undefined, true],
    ['{ plain { id } }', undefined, true],
    ['{ hinted { maker { name } } }', publicly(30), true],
    // Other fields are as good as their object.
    ['{ hinted { id rating } }', publicly(30), false],
    ['{ hinted { name } }', publicly(10), false],
    // With `inheritMaxAge`, objects are too.
    ['{ inherited { id } }', undefined, false],
    ['{ hinted { parts { name } } }', publicly(30), false],
    // A type's hint is that of its fields; the field's own comes before it.
    ['{ timed { at } }', publicly(20), false],
    ['{ overridden { at } }', publicly(90), false],
    ['{ personal { name } }', { maxAgeMs: 60_000, scope: 'private' }, false],
    // The strictest counts: a public part makes nothing public.
    ['{ personal { mail } timed { at } }', { maxAgeMs: 5_000, scope: 'private' }, false],
    ['{ ...F } fragment F on Query { timed { at } ... on Query { hinted { name } } }', publicly(10), false],
    ['query ($r: [_Any!]!) { _entities(representations: $r) { ... on Timed { at } } }', publicly(20), false],
    ['query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { name } } }', publicly(10), true],
  ])('%s', (request, hinted, hasUnhinted) => {
    expect(hints.of(request)).toMatchObject({ hinted, hasUnhinted });
  });
});
