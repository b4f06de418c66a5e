import { buildSubgraphSchema } from '@apollo/subgraph';
import { GraphQLError, parse, print } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createMemoryStore } from '../../src/cache/index.ts';
import {
  type CacheStore,
  createGateway,
  createLogger,
  type GatewayOptions,
  type InProcessSubgraph,
  type ModelProvider,
} from '../../src/index.ts';
import { shop } from '../testkit/graphs/shop.ts';

const log = createLogger({ level: 'silent', readable: false });

async function create(options: GatewayOptions) {
  const gateway = await createGateway({ log, watch: false, environment: {}, ...options });
  onTestFinished(() => gateway.close());
  const query = async (text: string, variables?: object, headers: Record<string, string> = {}) => {
    const body = JSON.stringify({ query: text, variables });
    const request = new Request('http://graph/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
    });
    return (await gateway.fetch(request)).json();
  };
  return { gateway, query };
}

const schemaOf = ({ sdl, resolvers }: { readonly sdl: string; readonly resolvers?: object }) =>
  buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers } as never]);

const people = 'type Query { me: Person } type Person @key(fields: "id") { id: ID!  name: String }';

describe('createGateway', () => {
  it('serves subgraphs of its own process, and joins their entities', async () => {
    const { query } = await create({
      subgraphs: Object.fromEntries(Object.entries(shop).map(([name, subgraph]) => [name, schemaOf(subgraph)])),
    });
    expect(await query('query Q($id: ID!) { product(id: $id) { name stock } }', { id: 'p1' })).toEqual({
      data: { product: { name: 'Kettle', stock: expect.any(Number) } },
    });
  });

  it('accepts SDL with a function that runs operations, which receives the document and the client’s headers', async () => {
    const { query } = await create({
      subgraphs: {
        people: {
          sdl: people,
          execute: ({ document, context }) => ({
            data: { me: { name: `${context.headers['x-user']} ${document.definitions.length}` } },
          }),
        },
      },
    });
    expect(await query('{ me { name } }', undefined, { 'x-user': 'ada' })).toEqual({
      data: { me: { name: 'ada 1' } },
    });
  });

  it.each(['response', 'entities'])(
    'caches with cache.%s what a subgraph answers without reading headers',
    async (cache) => {
      let runs = 0;
      const execute: InProcessSubgraph['execute'] = async ({ document, context }) => {
        runs++;
        await Promise.resolve();
        const name = print(document).includes('name') ? String(context.headers['x-user']) : undefined;
        return { data: { me: { __typename: 'Person', id: '1', ...(name === undefined ? {} : { name }) } } };
      };
      const { query } = await create({
        config: { cache: { [cache]: { enabled: true, default_max_age: '1h' } } },
        subgraphs: { people: { sdl: people, execute } },
      });
      for (const user of ['ada', 'bob'])
        expect(await query('{ me { id } }', undefined, { 'x-user': user })).toEqual({ data: { me: { id: '1' } } });
      expect(runs).toBe(1);
      // Whatever decides an answer by a header is each client's own, also of those who ask at the same time.
      const users = ['ada', 'bob', 'ada', 'bob'];
      const ask = (user: string) => query('{ me { name } }', undefined, { 'x-user': user });
      const expected = users.map((name) => ({ data: { me: { name } } }));
      expect(await Promise.all(users.map(ask))).toEqual(expected);
      for (const [index, user] of users.entries()) expect(await ask(user)).toEqual(expected[index]);
    },
  );

  it('masks what an in-process subgraph throws and reports, like any other’s', async () => {
    let fail: () => never = () => {
      throw new Error('secret of the database');
    };
    const { query } = await create({ subgraphs: { people: { sdl: people, execute: () => fail() } } });
    const broken = await query('{ me { name } }');
    expect(broken).toMatchObject({ data: { me: null }, errors: [{ extensions: { code: 'SUBREQUEST_HTTP_ERROR' } }] });
    expect(JSON.stringify(broken)).not.toContain('secret');
    fail = () => ({ errors: [new GraphQLError('secret too')] }) as never;
    const reported = await query('{ me { name } }');
    expect(reported).toMatchObject({
      errors: [{ extensions: { code: 'DOWNSTREAM_SERVICE_ERROR', service: 'people' } }],
    });
    expect(JSON.stringify(reported)).not.toContain('secret');
  });

  it('checks a configuration that is an object as it checks a file', async () => {
    const subgraphs = { people: { sdl: people, execute: () => ({ data: {} }) } };
    const refused = (config: Record<string, unknown>) => createGateway({ config, subgraphs, log, watch: false });
    await expect(refused({ sever: {} })).rejects.toThrow('createGateway’s config: sever');
    await expect(refused({ server: { port: 'x' } })).rejects.toThrow('server.port');
    const http = { routing_url: 'http://127.0.0.1:1', schema: { file: 'a.graphql' } };
    await expect(refused({ subgraphs: { people: http } })).rejects.toThrow('createGateway has this subgraph too');
    await expect(refused({ traffic: { subgraphs: { people: {} } } })).rejects.toThrow('a subgraph of createGateway');
    await expect(createGateway({ config: {}, log })).rejects.toThrow('subgraphs');
    await expect(createGateway({ config: {}, configFile: 'a.yaml', log })).rejects.toThrow('not both');
  });

  it('calls providers of the application, caches answers in its store, and closes neither', async () => {
    const closed: string[] = [];
    const calls: string[] = [];
    const provider: ModelProvider = {
      name: 'mine',
      keys: 1,
      complete: async (model) => {
        calls.push(model);
        return {
          content: [{ type: 'text', text: 'Mine.' }],
          finishReason: 'stop',
          usage: { inputTokens: 3, outputTokens: 2, source: 'reported' as const },
        };
      },
      stream: () => {
        throw new Error('not streamed');
      },
      embed: async () => {
        throw new Error('not embedded');
      },
      close: async () => void closed.push('provider'),
    };
    const store = createMemoryStore({ maxBytes: 1_000_000 });
    const stored: string[] = [];
    const cacheStore: CacheStore = {
      get: (key) => store.get(key),
      set: (key, value, options) => {
        stored.push(key);
        return store.set(key, value, options);
      },
      delete: (key) => store.delete(key),
      invalidate: (tag) => store.invalidate(tag),
      close: async () => void closed.push('store'),
    };
    const { gateway } = await create({
      config: {
        ai: {
          models: { own: { targets: ['mine/one'], cache: { exact: true } } },
          prices: { 'mine/one': { free: true } },
        },
      },
      subgraphs: { people: { sdl: people, execute: () => ({ data: {} }) } },
      providers: { mine: provider },
      cacheStore,
    });
    const ask = () =>
      gateway.fetch(
        new Request('http://graph/v1/chat/completions', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ model: 'own', messages: [{ role: 'user', content: 'Whose?' }] }),
        }),
      );
    const answer = (await (await ask()).json()) as { choices: [{ message: { content: string } }] };
    expect(answer.choices[0].message.content).toBe('Mine.');
    expect((await ask()).headers.get('isthmus-cache')).toBe('hit');
    expect(stored.length).toBeGreaterThan(0);
    await gateway.close();
    expect(calls).toEqual(['one']);
    expect(closed).toEqual([]);
  });
});
