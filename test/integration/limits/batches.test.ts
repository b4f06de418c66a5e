/** Batches of operations: off by default, bounded where they are on, and no way around a limit. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({
    subgraphs: shop,
    workers: 1,
    yaml: `limits:
  batch: 3
  depth: 3
  rates: [{ per: client, match: { client: counted }, operations: 4, every: 1h }]
`,
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());

async function send(body: string, headers: Record<string, string> = {}, url = gateway.server.url) {
  const answer = await fetch(new URL('/graphql', url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  return { status: answer.status, body: await answer.json(), headers: answer.headers };
}
const ids = { query: '{ products { id } }' };
const batch = (...entries: unknown[]): string => JSON.stringify(entries);

describe('a batch', () => {
  it('is answered in the order of its operations, each failing by itself', async () => {
    const deep = { query: '{ products { reviews { author { name } } } }' };
    const named = { query: 'query A { a: __typename } query B { b: __typename }', operationName: 'B' };
    const { status, body, headers } = await send(` \n${batch(ids, deep, named)} `);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('application/json');
    expect(body).toMatchObject([
      { data: { products: expect.any(Array) } },
      { errors: [{ extensions: { code: 'MAX_DEPTH_LIMIT' } }] },
      { data: { b: 'Query' } },
    ]);
  });

  it('is divided where its operations are, whatever their texts say', async () => {
    const text = 'a ],[{ " \\\\ , é ]';
    const entry = { query: '{ __typename }', extensions: { text } };
    expect((await send(batch(entry, [ids], entry))).body).toEqual([
      { data: { __typename: 'Query' } },
      { errors: [{ message: expect.stringContaining('Batches'), extensions: { code: 'BAD_REQUEST' } }] },
      { data: { __typename: 'Query' } },
    ]);
  });

  it.each([
    ['with more operations than are allowed', batch(ids, ids, ids, ids), 413, 'CONTENT_TOO_LARGE'],
    ['without any', '[ ]', 400, 'BAD_REQUEST'],
    ['that is cut', '[{"query":"{ __typename }"}', 400, 'BAD_REQUEST'],
    ['with more behind it', `${batch(ids)}[]`, 400, 'BAD_REQUEST'],
  ])('%s is refused as a whole', async (_name, body, status, code) => {
    expect(await send(body)).toMatchObject({ status, body: { errors: [{ extensions: { code } }] } });
  });

  it('counts in rates as often as it has operations', async () => {
    const client = { 'apollographql-client-name': 'counted' };
    expect((await send(batch(ids, ids, ids), client)).status).toBe(200);
    const { status, body } = await send(batch(ids, ids), client);
    expect(status).toBe(200);
    expect(body).toMatchObject([{ data: {} }, { errors: [{ extensions: { code: 'RATE_LIMITED' } }] }]);
    expect((await send(batch(ids, ids), client)).status).toBe(429);
  });
});

it('batches are refused where nothing allows them', async () => {
  await using strict = await startTestGateway({ subgraphs: shop, workers: 1, yaml: '' });
  expect(await send(batch(ids), {}, strict.server.url)).toMatchObject({
    status: 400,
    body: { errors: [{ message: expect.stringContaining('limits.batch') }] },
  });
});
