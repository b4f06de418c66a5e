import { createHash } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import {
  closeSubgraphs,
  connect,
  contextOf,
  json,
  listenGraphQL,
  mutation,
  query,
} from '../../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

const shape = ({ body }: { body: { query?: string; extensions?: { persistedQuery?: unknown } } }): string =>
  [body.query === undefined ? '' : 'query', body.extensions?.persistedQuery === undefined ? '' : 'hash']
    .filter(Boolean)
    .join('+');

describe('automatic persisted queries', () => {
  it('are sent whole once, then by hash only', async () => {
    const known = new Set<string>();
    const { url, received } = await listenGraphQL(({ body }, response) => {
      const hash = body.extensions?.persistedQuery?.sha256Hash ?? '';
      if (body.query !== undefined && createHash('sha256').update(body.query).digest('hex') === hash) known.add(hash);
      if (known.has(hash)) json(response, { data: { a: body.variables?.x } });
      else
        json(response, {
          errors: [{ message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } }],
        });
    });
    const client = connect(url, { apq: true });
    expect(await client.execute({ ...query, variables: { x: 1 } }, contextOf())).toEqual({ data: { a: 1 } });
    expect(await client.execute({ ...query, variables: { x: 2 } }, contextOf())).toEqual({ data: { a: 2 } });
    expect(received.map(shape)).toEqual(['hash', 'query+hash', 'hash']);
  });

  it('are disabled for a subgraph that does not support them', async () => {
    const { url, received } = await listenGraphQL(({ body }, response) => {
      if (body.query === undefined)
        json(response, { errors: [{ message: 'no', extensions: { code: 'PERSISTED_QUERY_NOT_SUPPORTED' } }] }, 400);
      else json(response, { data: { a: 1 } });
    });
    const client = connect(url, { apq: true });
    expect(await client.execute(query, contextOf())).toEqual({ data: { a: 1 } });
    expect(await client.execute(query, contextOf())).toEqual({ data: { a: 1 } });
    expect(received.map(shape)).toEqual(['hash', 'query', 'query']);
  });

  it('are sent whole only once: a second refusal is accepted', async () => {
    const { url, received } = await listenGraphQL((_request, response) =>
      json(response, { errors: [{ message: 'PersistedQueryNotFound' }] }),
    );
    expect(await connect(url, { apq: true }).execute(query, contextOf())).toEqual({
      errors: [{ message: 'PersistedQueryNotFound' }],
    });
    expect(received).toHaveLength(2);
  });

  it('are not used for mutations, and are off by default', async () => {
    const { url, received } = await listenGraphQL((_request, response) => json(response, { data: { a: 1 } }));
    await connect(url, { apq: true }).execute(mutation, contextOf());
    await connect(url).execute(query, contextOf());
    expect(received.map(shape)).toEqual(['query', 'query']);
  });
});
