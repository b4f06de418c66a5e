/** An operation that was sent before is answered without parsing it again, by GET and with extensions as well. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ subgraphs: shop });
});
afterAll(() => gateway[Symbol.asyncDispose]());

const accept = { accept: 'application/graphql-response+json' };

async function byGet(parameters: Readonly<Record<string, string>>) {
  const response = await fetch(`${gateway.url}?${new URLSearchParams(parameters)}`, { headers: accept });
  return { status: response.status, body: await response.json() };
}

async function byPost(body: unknown) {
  const response = await fetch(gateway.url, {
    method: 'POST',
    headers: { ...accept, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: await response.json() };
}

describe('an operation that was sent before', () => {
  it('has the variables of each request by GET', async () => {
    const query = 'query Named($id: ID!) { product(id: $id) { id } }';
    for (const id of ['p1', 'p2', 'p1'])
      expect(await byGet({ query, variables: JSON.stringify({ id }) })).toEqual({
        status: 200,
        body: { data: { product: { id } } },
      });
    expect((await byGet({ query, variables: '' })).body).toMatchObject({ errors: [{}] });
  });

  it('is refused by GET if it is a mutation, also after it was sent by POST', async () => {
    const query = 'mutation { __typename }';
    const posted = await byPost({ query });
    expect((await byGet({ query })).status).not.toBe(200);
    expect((await byPost({ query })).status).toBe(posted.status);
  });

  it('is answered with extensions without effect, and refused with others', async () => {
    const query = '{ product(id: "p1") { id } }';
    const extensions = { clientLibrary: { name: '@apollo/client', version: '4.0.0' } };
    for (let turn = 0; turn < 2; turn++)
      expect(await byPost({ query, extensions })).toEqual({ status: 200, body: { data: { product: { id: 'p1' } } } });
    const persisted = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
    const { body } = await byPost({ extensions: persisted });
    expect(JSON.stringify(body)).toContain('PERSISTED_QUERY_NOT_SUPPORTED');
  });
});
