import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { readSupergraph } from '../../src/read-supergraph.ts';
import demoTokens from '../../subgraphs/demo-tokens/tokens.json' with { type: 'json' };
import { type Sample, startSample } from '../testkit/graphs/sample.ts';

/** The headers of an operation's tab, which has comments in its JSON. */
async function exampleHeaders(file: string, files: readonly string[]): Promise<Record<string, string>> {
  const headersFile = file.replace('.graphql', '.headers.jsonc');
  if (!files.includes(headersFile)) return {};
  const text = await readFile(`subgraphs/operations/${headersFile}`, 'utf8');
  return JSON.parse(text.replaceAll(/^ *\/\/.*\n/gm, '')) as Record<string, string>;
}

describe('the committed supergraph', () => {
  it('composes from the five subgraphs, without hints', async () => {
    const { composition } = await readSupergraph(await loadConfig('supergraph.yaml', {}));
    expect(composition.hints).toEqual([]);
    expect(await readFile('schema/supergraph.graphql', 'utf8')).toBe(`${composition.supergraphSdl.trim()}\n`);
  });
});

describe('the sample graph', () => {
  let sample: Sample;
  beforeAll(async () => {
    sample = await startSample();
  });
  afterAll(() => sample[Symbol.asyncDispose]());

  it('answers every example operation, a translation apart without an error', async () => {
    const files = await readdir('subgraphs/operations');
    expect(files.length).toBeGreaterThan(4);
    for (const file of files.filter((name) => name.endsWith('.graphql'))) {
      const headers = await exampleHeaders(file, files);
      const { errors = [], data } = await sample.query(await readFile(`subgraphs/operations/${file}`, 'utf8'), headers);
      // The operation that needs a provider says so in its comment.
      const codes = new Set(errors.map(({ extensions }) => extensions?.code));
      expect({ file, codes: [...codes] }).toEqual({
        file,
        codes: /translation/.test(file) ? ['AI_MODEL_UNAVAILABLE'] : [],
      });
      expect(Object.keys(data).length).toBeGreaterThan(0);
    }
  });

  it('opens with the example operations, and with the headers of those that have some', async () => {
    const page = await (await fetch(`${sample.url}/`, { headers: { accept: 'text/html' } })).text();
    const settings = JSON.parse(/id="isthmus">([^<]*)</.exec(page)?.[1] ?? '{}');
    const withHeaders = settings.operations.filter(({ headers }: { headers?: string }) => headers !== undefined);
    expect(settings.operations).toHaveLength(9);
    expect(withHeaders.map(({ title }: { title: string }) => title)).toEqual(['add a review', 'who may read what']);
    expect(withHeaders[0].headers).toContain(`// Priya, a customer`);
    expect(withHeaders[0].headers).toContain(demoTokens.priya);
  });

  describe('beside another one', () => {
    let other: Sample; // without data of the first
    beforeAll(async () => {
      other = await startSample();
    });
    afterAll(() => other[Symbol.asyncDispose]());

    it('is always answered alike: the local models are deterministic', async () => {
      const query = '{ products(first: 3) { reviewSummary reviews(first: 3) { sentiment topics } } }';
      expect(await sample.query(query)).toEqual(await other.query(query));
    });

    it('returns the data of its other subgraphs where one is gone, with coded errors and no address', async () => {
      await other.kill('reviews');
      const { status, data, errors } = await other.query(
        '{ products(first: 2, category: AUDIO) { name price inStock averageRating reviewSummary } }',
      );
      expect(status).toBe(200);
      expect(data.products).toHaveLength(2);
      expect(data.products[0]).toMatchObject({
        name: expect.any(String),
        inStock: expect.any(Boolean),
        averageRating: null,
        reviewSummary: null,
      });
      expect(errors?.map((error) => error.extensions)).toEqual([{ code: 'SUBREQUEST_HTTP_ERROR', service: 'reviews' }]);
      expect(JSON.stringify(errors)).not.toMatch(/127\.0\.0\.1|localhost|\.ts\b|ECONN/);
    });
  });

  const priya = { authorization: `Bearer ${demoTokens.priya}` };
  const wei = { authorization: `Bearer ${demoTokens.wei}` };
  const mutation =
    'mutation { addReview(productId: "p2", rating: 4, body: "Fine.") { author { id name } product { name } } }';

  it('identifies the user by their token, and writes reviews for them', async () => {
    expect((await sample.query('{ me { id } }')).data.me).toEqual({ id: 'u1' });
    expect((await sample.query('{ me { id } }', priya)).data.me).toEqual({ id: 'u3' });
    const { data } = await sample.query(mutation, priya);
    expect(data.addReview.author).toEqual({ id: 'u3', name: 'Priya Raman' });
  });

  it('takes no user from a client’s x-user-id', async () => {
    expect((await sample.query('{ me { id } }', { 'x-user-id': 'u5' })).data.me).toEqual({ id: 'u1' });
    const headers = { ...priya, 'x-user-id': 'u5' };
    expect((await sample.query('{ me { id } }', headers)).data.me).toEqual({ id: 'u3' });
  });

  it.each(['accounts', 'reviews', 'products', 'inventory'] as const)('%s answers the gateway alone', async (name) => {
    const ask = (headers: Record<string, string>) =>
      fetch(sample.subgraphUrls[name], {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-user-id': 'u3', ...headers },
        body: JSON.stringify({
          query: 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } _service { sdl } }',
          variables: { of: [] },
        }),
      });
    for (const headers of [{}, { 'isthmus-principal': 'forged' }, { 'isthmus-principal': demoTokens.wei }]) {
      const response = await ask(headers);
      expect(response.status).toBe(401);
      expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
    }
  });

  it('lets no anonymous caller write a review', async () => {
    const { data, errors } = await sample.query(mutation);
    expect(data).toBeNull();
    expect(errors).toMatchObject([{ path: ['addReview'], extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }]);
    expect((await sample.query('{ product(id: "p2") { reviews(first: 1) { author { id } } } }')).data).not.toEqual({
      product: { reviews: [{ author: { id: 'u1' } }] },
    });
  });

  it.each([
    ['the anonymous Ada', {}, { own: null, other: null }],
    ['Priya', priya, { own: 'priya.raman@example.com', other: null }],
    ['Wei of the support', wei, { own: 'w•••@example.com', other: 'g•••@example.it' }],
  ])('shows emails by scope and profiles by policy: to %s', async (_who, headers, { own, other }) => {
    const { data, errors } = await sample.query('{ me { email } user(id: "u9") { email } }', headers);
    expect(data.me).toEqual({ email: own });
    expect(data.user?.email ?? null).toBe(other);
    expect(errors?.length ?? 0).toBe([own, other].filter((email) => email === null).length);
  });

  it('shows the users to the support alone: the public has a contract without them', async () => {
    expect((await sample.query('{ users(first: 1) { email } }', wei)).data).toEqual({
      users: [{ email: 'a•••@example.com' }],
    });
    for (const headers of [{}, priya]) {
      const { data, errors } = await sample.query('{ users(first: 1) { id } }', headers);
      expect(data).toBeUndefined();
      expect(errors).toMatchObject([{ extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } }]);
    }
  });

  it.each([
    ['the anonymous Ada', {}, []],
    ['Priya', priya, ['u3']],
    ['Wei of the support', wei, ['u3', 'u5']],
  ])('shows flagged reviews to their author and the support alone: to %s', async (_who, headers, authors) => {
    const { data, errors } = await sample.query(
      '{ remote: product(id: "p17") { averageRating reviews { author { id } } } other: product(id: "p38") { averageRating reviews { author { id } } } }',
      headers,
    );
    expect(errors).toBeUndefined();
    const shown = [data.remote, data.other].flatMap(({ reviews }) =>
      reviews.map(({ author }: { author: { id: string } }) => author.id),
    );
    expect(shown.length).toBe(4 + authors.length);
    expect(authors.filter((id) => !shown.includes(id))).toEqual([]);
    expect([data.remote.averageRating, data.other.averageRating]).toEqual([3, 4]);
  });

  it('sends no flagged review to a model', async () => {
    const question = '{ product(id: "p38") { answer(question: "Where is it half the price?") } }';
    const [ada, support] = [await sample.query(question), await sample.query(question, wei)];
    expect(JSON.stringify(ada.data)).not.toContain('half the price');
    expect(JSON.stringify(support.data)).toContain('half the price');
  });

  it('refuses a mistyped token, which names nobody', async () => {
    const { status, errors } = await sample.query('{ me { name } }', { authorization: `${priya.authorization}x` });
    expect(status).toBe(401);
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHENTICATED' } }]);
  });

  it('shows anybody their own profile', async () => {
    expect((await sample.query('{ user(id: "u1") { name } }')).data.user).toEqual({ name: 'Ada Marlow' });
  });

  // Aliases and other selections of a client never reach the fields that @requires reads.
  it.each([
    ['arguments', '{ product(id: "p1") { reviews(first: 2) { body } reviewSummary } }', 'reviewSummary'],
    [
      'a number under the name of a list',
      '{ product(id: "p1") { reviews: averageRating reviewSummary } }',
      'reviewSummary',
    ],
    [
      'a description under the name of a name',
      '{ product(id: "p1") { name: description answer(question: "Is the battery good?") } }',
      'answer',
    ],
    [
      'a weight under the name of a price',
      '{ product(id: "p2") { priceCents: weightGrams shippingEstimate } }',
      'shippingEstimate',
    ],
  ])('returns the same with %s', async (_name, query, field) => {
    const plain = `{ product(id: "${query.includes('p2') ? 'p2' : 'p1'}") { ${field === 'answer' ? 'answer(question: "Is the battery good?")' : field} } }`;
    const [shadowed, expected] = [await sample.query(query), await sample.query(plain)];
    expect(expected.data.product[field]).not.toBeNull();
    expect(shadowed.data.product[field]).toEqual(expected.data.product[field]);
  });
});
