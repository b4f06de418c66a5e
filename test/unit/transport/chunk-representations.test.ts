import { afterEach, describe, expect, it } from 'vitest';
import {
  closeSubgraphs,
  codeOf,
  connect,
  contextOf,
  json,
  listen,
  listenGraphQL,
} from '../../testkit/servers/loopback-subgraph.ts';

afterEach(closeSubgraphs);

const entities =
  'query($representations: [_Any!]!, $x: Int) { _entities(representations: $representations) { ... on P { name(x: $x) } } }';
const representations = Array.from({ length: 7 }, (_, index) => ({ __typename: 'P', id: String(index) }));

/** Names each entity after its id; id 5 is an error. */
async function namingSubgraph() {
  return listenGraphQL(({ body }, response) => {
    const asked = (body.variables?.representations ?? []) as { id: string }[];
    const bad = asked.findIndex(({ id }) => id === '5');
    json(response, {
      data: { _entities: asked.map(({ id }) => (id === '5' ? null : { name: `n${id}` })) },
      ...(bad === -1
        ? {}
        : { errors: [{ message: 'bad', path: ['_entities', bad, 'name'] }, { message: 'elsewhere' }] }),
    });
  });
}

const joined = {
  data: { _entities: representations.map(({ id }) => (id === '5' ? null : { name: `n${id}` })) },
  errors: [{ message: 'bad', path: ['_entities', 5, 'name'] }, { message: 'elsewhere' }],
};

describe('a long list of representations', () => {
  it.each([
    ['an object', { variables: { representations, x: 1 } }],
    ['texts', { representationsJson: representations.map((one) => JSON.stringify(one)), variablesJson: '{"x":1}' }],
  ])('in the form %s is split, and joined in order with the paths of its errors', async (_name, variables) => {
    const { url, received } = await namingSubgraph();
    const client = connect(url, { maxRepresentations: 3 });
    expect(await client.execute({ kind: 'query', query: entities, ...variables }, contextOf())).toEqual(joined);
    expect(received.map(({ body }) => [body.variables?.representations].flat().length).sort()).toEqual([1, 3, 3]);
    expect(received.every(({ body }) => body.variables?.x === 1)).toBe(true);
  });

  it.each([
    ['that is not longer than the limit', { kind: 'query', query: entities, variables: { representations } }, 7],
    ['of another query', { kind: 'query', query: '{ a }', variables: { representations } }, 1],
    ['without a limit', { kind: 'query', query: entities, variables: { representations } }, undefined],
  ] as const)('%s is one request', async (_name, request, maxRepresentations) => {
    const { url, received } = await namingSubgraph();
    await connect(url, { maxRepresentations }).execute(request, contextOf());
    expect(received).toHaveLength(1);
  });

  it('is null where a part has only errors', async () => {
    const { url } = await listenGraphQL(({ body }, response) => {
      const asked = (body.variables?.representations ?? []) as { id: string }[];
      json(
        response,
        asked[0]?.id === '0'
          ? { data: { _entities: asked.map(() => ({ name: 'n' })) } }
          : { data: null, errors: [{ message: 'no' }] },
      );
    });
    const client = connect(url, { maxRepresentations: 4 });
    expect(
      await client.execute({ kind: 'query', query: entities, variables: { representations } }, contextOf()),
    ).toEqual({
      data: { _entities: [...new Array(4).fill({ name: 'n' }), null, null, null] },
      errors: [{ message: 'no' }],
    });
  });

  it('is refused where a part answers another number of entities', async () => {
    const { url } = await listenGraphQL((_request, response) => json(response, { data: { _entities: [null] } }));
    const client = connect(url, { maxRepresentations: 3 });
    expect(
      await codeOf(client.execute({ kind: 'query', query: entities, variables: { representations } }, contextOf())),
    ).toBe('SUBREQUEST_MALFORMED_RESPONSE');
  });

  it('fails as a whole if a part fails, and stops the others', async () => {
    let requests = 0;
    const closed = Promise.withResolvers<void>();
    const url = await listen((request, response) => {
      request.resume().once('end', () => {
        if (++requests === 3) response.writeHead(400).end('no');
        else response.once('close', closed.resolve);
      });
    });
    const client = connect(url, { maxRepresentations: 3 });
    expect(
      await codeOf(client.execute({ kind: 'query', query: entities, variables: { representations } }, contextOf())),
    ).toBe('SUBREQUEST_HTTP_ERROR');
    await closed.promise;
  });
});
