/** `@rateLimit` on fields of any subgraph: per place in the answer, before anything is fetched, over two workers exact. */
import { request } from 'node:http';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startTestGateway, type TestAnswer, type TestGateway } from '../../testkit/test-gateway.ts';

const link = (federation: string) => `extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: [${federation}])
  @link(url: "https://isthmus.dev/limits/v1.0", import: ["@rateLimit"])
`;

const calls: string[] = [];
const called =
  (name: string, value: unknown) =>
  (_: unknown, args: object = {}) => {
    calls.push(`${name} ${JSON.stringify(args)}`);
    return value;
  };

const user = { __typename: 'User', id: '1', name: 'Ada' };
const subgraphs = {
  users: {
    sdl: `${link('"@key"')}
      directive @rateLimit(max: Int!, window: String!, identityArgs: [String!]! = []) repeatable on FIELD_DEFINITION
      type Query {
        me: User
        user(id: ID!): User
        search(text: String!, page: Int): [User!] @rateLimit(max: 2, window: "1h", identityArgs: ["text"])
        strict: Int! @rateLimit(max: 1, window: "1h")
        node: Node
        free: Int
      }
      input Login { email: String!, password: String! }
      type Mutation {
        login(input: Login!): Boolean @rateLimit(max: 2, window: "1h", identityArgs: ["input.email"])
        touch: Boolean
      }
      interface Node { id: ID!  stamp: Int @rateLimit(max: 2, window: "1h") }
      type User implements Node @key(fields: "id") { id: ID!  name: String  stamp: Int }
      type Bot implements Node @key(fields: "id") { id: ID!  stamp: Int }`,
    resolvers: {
      Query: {
        me: called('me', user),
        user: called('user', user),
        search: called('search', [user]),
        strict: called('strict', 1),
        node: called('node', user),
        free: called('free', 7),
      },
      Mutation: { login: called('login', true), touch: called('touch', true) },
      User: { stamp: called('stamp', 5) },
    },
  },
  scores: {
    sdl: `${link('"@key"')}
      directive @rateLimit(max: Int!, window: String!, identityArgs: [String!]! = []) repeatable on FIELD_DEFINITION
      type User @key(fields: "id") {
        id: ID!
        score(of: String): Int @rateLimit(max: 3, window: "1h") @rateLimit(max: 1, window: "1s", identityArgs: ["of"])
      }`,
    resolvers: {
      User: { __resolveReference: (reference: object) => reference, score: called('score', 42) },
    },
  },
};

const yaml = `server: { trusted_proxies: [127.0.0.0/8] }
access: { proxy: { from: [127.0.0.0/8], id: x-user } }`;

function send({ server }: TestGateway, query: string, headers: Record<string, string>): Promise<TestAnswer> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent: false, headers: { 'content-type': 'application/json', ...headers } };
    const sent = request(new URL('/graphql', server.url), options, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      resolve({ status: response.statusCode ?? 0, ...(JSON.parse(text) as object) });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify({ query }));
  });
}

const codesAt = ({ errors = [] }: TestAnswer) =>
  errors.map(({ path, extensions }) => [path?.join('.'), extensions.code].join(' '));

describe('a field with @rateLimit', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const limits = 'limits: { cost: {}, clients: [{ client_name: poor, cost: { max: 1 } }] }';
    gateway = await startTestGateway({ subgraphs, yaml: `${yaml}\n${limits}`, workers: 1 });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  let caller = 0;
  let headers: Record<string, string> = {};
  beforeEach(() => {
    headers = { 'x-user': `u${++caller}` };
    calls.length = 0;
  });
  const ask = (query: string, of = headers) => send(gateway, query, of);

  it('is null with RATE_LIMITED beyond it, and nothing is fetched for it; others are served', async () => {
    const query = '{ free search(text: "a") { name } }';
    for (const _ of [1, 2]) expect(await ask(query)).toMatchObject({ data: { free: 7, search: [{ name: 'Ada' }] } });
    calls.length = 0;
    const answer = await ask(query);
    expect(answer).toMatchObject({ status: 200, data: { free: 7, search: null } });
    expect(answer.errors).toEqual([
      { message: 'Too many requests at the moment.', path: ['search'], extensions: { code: 'RATE_LIMITED' } },
    ]);
    expect(calls).toEqual(['free {}']);
  });

  it('says in Retry-After when the first of what was refused may be read again', async () => {
    const query = '{ free a: search(text: "r") { id } b: search(text: "r") { id } c: search(text: "r") { id } }';
    const answer = await fetch(new URL('/graphql', gateway.server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query }),
    });
    expect(await answer.json()).toMatchObject({ data: { free: 7, c: null } });
    // A read counts up to a sixtieth longer than an hour.
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect(Number(answer.headers.get('retry-after'))).toBeLessThanOrEqual(3_660);
  });

  it('counts each alias, and serves those that are within', async () => {
    const answer = await ask(
      '{ a: search(text: "x") { name } b: search(text: "x") { id } c: search(text: "x") { name } d: search(text: "y") { id } }',
    );
    expect(answer.data).toMatchObject({ a: [{ name: 'Ada' }], b: [{ id: '1' }], c: null, d: [{ id: '1' }] });
    expect(codesAt(answer)).toEqual(['c RATE_LIMITED']);
  });

  it('has a limit for each value of its identityArgs, wherever the value stands', async () => {
    const query = 'query ($t: String = "v") { search(text: $t, page: 1) { id } }';
    for (const text of ['search(text: "v")', 'search(text: "v", page: 2)']) await ask(`{ ${text} { id } }`);
    expect(codesAt(await ask(query))).toEqual(['search RATE_LIMITED']);
    expect(codesAt(await ask('{ search(text: "w") { id } }'))).toEqual([]);
  });

  it('counts callers apart: by who they are, or by the address of who is nobody', async () => {
    const query = '{ strict }';
    expect((await ask(query)).data).toEqual({ strict: 1 });
    expect(codesAt(await ask(query))).toEqual(['strict RATE_LIMITED']);
    expect((await ask(query, { 'x-user': 'another' })).data).toEqual({ strict: 1 });
    const at = (address: string) => ask(query, { 'x-forwarded-for': address });
    expect((await at('203.0.113.1')).data).toEqual({ strict: 1 });
    expect((await at('203.0.113.2')).data).toEqual({ strict: 1 });
    expect(codesAt(await at('203.0.113.1'))).toEqual(['strict RATE_LIMITED']);
  });

  it('that is never null makes its parent null', async () => {
    await ask('{ strict }');
    expect(await ask('{ free strict }')).toMatchObject({ data: null });
  });

  it('of a mutation is never sent once it is refused, and the others are, in their order', async () => {
    const login = (name: string) => `${name}: login(input: { email: "a@b.c", password: "x" })`;
    const answer = await ask(`mutation { first: touch ${login('a')} ${login('b')} ${login('c')} last: touch }`);
    expect(answer.data).toEqual({ first: true, a: true, b: true, c: null, last: true });
    expect(codesAt(answer)).toEqual(['c RATE_LIMITED']);
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['touch', 'login', 'login', 'touch']);
    const other = 'mutation { login(input: { email: "d@b.c", password: "x" }) }';
    expect((await ask(other)).data).toEqual({ login: true });
  });

  it('of another subgraph is not asked for, however it is reached', async () => {
    const fragment = 'fragment F on User { score(of: "a") }';
    expect((await ask(`{ me { name ...F } } ${fragment}`)).data).toEqual({ me: { name: 'Ada', score: 42 } });
    calls.length = 0;
    const answer = await ask(`{ me { name ...F } } ${fragment}`);
    expect(answer.data).toEqual({ me: { name: 'Ada', score: null } });
    expect(codesAt(answer)).toEqual(['me.score RATE_LIMITED']);
    expect(calls).toEqual(['me {}']);
  });

  it('counts each place that a fragment reaches, and merged selections once', async () => {
    const places = await ask(
      '{ a: user(id: 1) { ...F } b: user(id: 2) { ...F } c: me { score(of: "z") score(of: "z") } } fragment F on User { score(of: "b") }',
    );
    expect(codesAt(places).sort()).toEqual(['a.score RATE_LIMITED', 'b.score RATE_LIMITED']);
    expect(places.data.c).toEqual({ score: 42 });
    // Nothing was counted of what was refused: two are left of three.
    expect(codesAt(await ask('{ me { c: score(of: "c") d: score(of: "d") e: score(of: "e") } }'))).toEqual([
      'me.e RATE_LIMITED',
    ]);
  });

  it('does not count what @skip leaves out', async () => {
    await ask('query { strict @skip(if: true) free }');
    expect((await ask('{ strict }')).data).toEqual({ strict: 1 });
  });

  it('is not counted by what asks for a price, nor by an operation that another limit refuses', async () => {
    const query = '{ search(text: "free") { id } }';
    const dry = await ask(query, { ...headers, 'isthmus-dry-run': 'true' });
    expect(dry).toMatchObject({ data: null, extensions: { cost: { estimated: 10 } } });
    const refused = await ask(query, { ...headers, 'apollographql-client-name': 'poor' });
    expect(codesAt(refused)).toEqual([' COST_ESTIMATED_TOO_EXPENSIVE']);
    expect(calls).toEqual([]);
    for (const _ of [1, 2]) expect(codesAt(await ask(query))).toEqual([]);
    expect(codesAt(await ask(query))).toEqual(['search RATE_LIMITED']);
  });

  it('of an interface counts for each type that implements it, once for a place', async () => {
    for (const _ of [1, 2]) expect(codesAt(await ask('{ node { id stamp } }'))).toEqual([]);
    expect(codesAt(await ask('{ me { stamp } }'))).toEqual(['me.stamp RATE_LIMITED']);
  });

  it('counts every one of identical queries that come together', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask('{ search(text: "same") { id } }')));
    expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(2);
  });

  it('is counted on, however many identities a caller makes', async () => {
    expect(
      codesAt(
        await ask('{ search(text: "mine") { id } a: search(text: "mine") { id } b: search(text: "mine") { id } }'),
      ),
    ).toEqual(['b RATE_LIMITED']);
    const noise = { 'x-user': 'noisy' };
    for (let turn = 0; turn < 20; turn++) {
      const fields = Array.from({ length: 500 }, (_, index) => `a${index}: search(text: "${turn} ${index}") { id }`);
      await ask(`{ ${fields.join(' ')} }`, noise);
    }
    expect(codesAt(await ask('{ search(text: "mine") { id } }'))).toEqual(['search RATE_LIMITED']);
    // There is no room for more of them: the noisy caller is counted whatever it asks for, and others have theirs.
    expect(codesAt(await ask('{ search(text: "more") { id } }', noise))).toEqual(['search RATE_LIMITED']);
    expect(codesAt(await ask('{ search(text: "other") { id } }', { 'x-user': 'calm' }))).toEqual([]);
  }, 120_000);
});

describe('a field with @rateLimit on two workers', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const sdl = subgraphs.scores.sdl.replace('max: 3', 'max: 30').replace(/@rateLimit\(max: 1,[^)]*\)\n/, '\n');
    gateway = await startTestGateway({
      subgraphs: { ...subgraphs, scores: { ...subgraphs.scores, sdl } },
      yaml: `${yaml}\ntraffic: { share_identical: off }`,
      workers: 2,
    });
  }, 60_000);
  afterAll(() => gateway[Symbol.asyncDispose]());
  afterEach(() => {
    calls.length = 0;
  });

  it('is read exactly as often as it may be', async () => {
    calls.length = 0;
    const answers = await Promise.all(
      Array.from({ length: 100 }, () => send(gateway, '{ me { score } }', { 'x-user': 'ada' })),
    );
    expect(answers.filter(({ data }) => data.me.score === 42)).toHaveLength(30);
    expect(calls.filter((call) => call.startsWith('score'))).toHaveLength(30);
  }, 120_000);
});

describe('a field with @rateLimit that is measured', () => {
  it('is read as often as anyone likes, and the log has what would be refused', async () => {
    const measured = `${yaml}\nlimits: { mode: measure }`;
    await using gateway = await startTestGateway({ subgraphs, yaml: measured, workers: 1 });
    const answer = await send(gateway, 'query Twice { a: strict b: strict }', {});
    expect(answer).toMatchObject({ data: { a: 1, b: 1 } });
    expect(gateway.log).toContainEqual(
      expect.objectContaining({
        msg: 'rates of fields would be exceeded (limits.mode: measure)',
        operation: 'Twice',
        fields: 1,
      }),
    );
  });
});

describe('a schema with a @rateLimit that cannot be enforced is refused', () => {
  it.each([
    ['a window that is none', 'a: Int @rateLimit(max: 1, window: "soon")', /"Query\.a" has window: "soon"/],
    ['no reads at all', 'a: Int @rateLimit(max: 0, window: "1s")', /"Query\.a" has a max below 1/],
    [
      'an argument that is not there',
      'a(text: String): Int @rateLimit(max: 1, window: "1s", identityArgs: ["txt"])',
      /identityArgs: \["txt"\], which is no argument of the field; did you mean "text"\?/,
    ],
  ])('with %s', async (_name, field, message) => {
    const sdl = `${link('"@key"')} type Query { ${field} }`;
    await expect(
      startTestGateway({
        subgraphs: {
          a: {
            sdl: sdl.replace(
              'type Query',
              `directive @rateLimit(max: Int!, window: String!, identityArgs: [String!]! = []) repeatable on FIELD_DEFINITION type Query`,
            ),
          },
        },
        workers: 1,
      }),
    ).rejects.toThrow(message);
  });
});
