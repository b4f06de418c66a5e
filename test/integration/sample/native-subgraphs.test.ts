import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAccounts } from '../../../subgraphs/accounts/accounts.ts';
import type { RunningService } from '../../../subgraphs/listen.ts';
import { startReviews } from '../../../subgraphs/reviews/reviews.ts';
import { postGraphQL } from './post-graphql.ts';

const entities = (type: string, fields: string) =>
  `query($representations: [_Any!]!) { _entities(representations: $representations) { ... on ${type} { ${fields} } } }`;

let accounts: RunningService;
let reviews: RunningService;

beforeAll(async () => {
  [accounts, reviews] = await Promise.all([startAccounts({ port: 0 }), startReviews({ port: 0 })]);
});
afterAll(() => Promise.all([accounts.close(), reviews.close()]));

describe('accounts', () => {
  it('identifies the user by x-user-id, and nobody without it', async () => {
    expect((await postGraphQL(accounts.url, '{ me { id } }')).data).toEqual({ me: null });
    expect((await postGraphQL(accounts.url, '{ me { id } }', {}, { 'x-user-id': 'u3' })).data).toEqual({
      me: { id: 'u3' },
    });
    expect((await postGraphQL(accounts.url, '{ me { id } }', {}, { 'x-user-id': 'nobody' })).data).toEqual({
      me: null,
    });
  });

  it('lists ten users by default, and refuses a negative number', async () => {
    const { data } = await postGraphQL<Record<'ten' | 'two' | 'all', unknown[]>>(
      accounts.url,
      '{ ten: users { id } two: users(first: 2) { id } all: users(first: 1000000) { id } }',
    );
    expect([data.ten.length, data.two.length, data.all.length]).toEqual([10, 2, 14]);
    const { errors } = await postGraphQL(accounts.url, '{ users(first: -1) { id } }');
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });

  it('resolves users by reference, and those that do not exist to null', async () => {
    const representations = ['u2', 'u99'].map((id) => ({ __typename: 'User', id }));
    const { data } = await postGraphQL(accounts.url, entities('User', 'name email'), { representations });
    expect(data).toEqual({ _entities: [{ name: 'Tomasz Zielinski', email: 'tomasz@example.org' }, null] });
  });

  it('runs alone with its own definition of @sensitive, which its SDL contains', async () => {
    const { data } = await postGraphQL<{ _service: { sdl: string } }>(accounts.url, '{ _service { sdl } }');
    expect(data._service.sdl).toContain('directive @sensitive(kind: String! = "personal") on FIELD_DEFINITION');
    expect(data._service.sdl).toContain('email: String @sensitive @mask(policy: "email_reader")');
  });

  it('answers bad requests without a stack', async () => {
    const answer = await fetch(accounts.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{',
    });
    expect(answer.status).toBe(400);
    const { status, errors } = await postGraphQL(accounts.url, '{ nothing }');
    expect(status).toBe(400);
    expect(errors[0]?.extensions).toEqual({ code: 'GRAPHQL_VALIDATION_FAILED' });
    expect((await fetch(new URL('/other', accounts.url))).status).toBe(404);
  });

  it('refuses a body above 10 MB and serves the next', async () => {
    const outcome = await fetch(accounts.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ me { id } }', padding: 'x'.repeat(11 * 1024 * 1024) }),
    }).then(
      ({ status }) => status,
      () => 'cut off',
    );
    expect([413, 'cut off']).toContain(outcome);
    expect((await postGraphQL(accounts.url, '{ users(first: 1) { id } }')).data).toEqual({ users: [{ id: 'u1' }] });
  });
});

describe('reviews', () => {
  it('lists a product’s reviews newest first, and averages all of them', async () => {
    const representations = ['p1', 'p25', 'p99'].map((id) => ({ __typename: 'Product', id }));
    const query = entities('Product', 'averageRating reviews(first: 20) { rating createdAt }');
    type Product = { averageRating: number | null; reviews: { createdAt: string }[] } | null;
    const { data } = await postGraphQL<{ _entities: Product[] }>(reviews.url, query, { representations });
    const [loved, unreviewed, unknown] = data._entities;
    const times = loved?.reviews.map(({ createdAt }) => createdAt) ?? [];
    expect(times).toHaveLength(20);
    expect(times).toEqual([...times].sort().reverse());
    expect(loved?.averageRating).toBe(3.75);
    expect(unreviewed).toEqual({ averageRating: null, reviews: [] });
    expect(unknown).toBeNull();
  });

  it('refers to author and product by their keys', async () => {
    const { data } = await postGraphQL(
      reviews.url,
      entities('User', 'reviews(first: 1) { author { id } product { id } }'),
      {
        representations: [{ __typename: 'User', id: 'u1' }],
      },
    );
    expect(data).toEqual({ _entities: [{ reviews: [{ author: { id: 'u1' }, product: { id: 'p3' } }] }] });
  });

  it('adds a review as the current user, and lists it first', async () => {
    const { data } = await postGraphQL<{ addReview: { id: string } }>(
      reviews.url,
      'mutation { addReview(productId: "p25", rating: 4, body: "  Slept well. ") { id rating body author { id } product { averageRating reviews { body } } } }',
      {},
      { 'x-user-id': 'u7' },
    );
    expect(data.addReview).toMatchObject({
      rating: 4,
      body: 'Slept well.',
      author: { id: 'u7' },
      product: { averageRating: 4, reviews: [{ body: 'Slept well.' }] },
    });
    const again = await postGraphQL(reviews.url, entities('Review', 'body'), {
      representations: [{ __typename: 'Review', id: data.addReview.id }],
    });
    expect(again.data).toEqual({ _entities: [{ body: 'Slept well.' }] });
  });

  it.each([
    ['a rating above 5', '"p1", rating: 6, body: "x"', 'u1'],
    ['a rating below 1', '"p1", rating: 0, body: "x"', 'u1'],
    ['an empty body', '"p1", rating: 3, body: "  "', 'u1'],
    ['a body of more than 4000 characters', `"p1", rating: 3, body: "${'x'.repeat(4_001)}"`, 'u1'],
    ['an unknown product', '"p99", rating: 3, body: "x"', 'u1'],
    ['an unknown user', '"p1", rating: 3, body: "x"', 'u99'],
    ['nobody', '"p1", rating: 3, body: "x"', ''],
  ])('refuses %s with BAD_USER_INPUT', async (_what, parameters, user) => {
    const { errors } = await postGraphQL(
      reviews.url,
      `mutation { addReview(productId: ${parameters}) { id } }`,
      {},
      { 'x-user-id': user },
    );
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(['BAD_USER_INPUT']);
  });
});
