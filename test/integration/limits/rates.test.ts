/** Rates on sockets, by both ways of both doors; over two workers exact. */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../../testkit/graphs/shop.ts';
import { startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const proxies = `server: { trusted_proxies: [127.0.0.0/8], allowed_origins: ["https://shop.example"] }
access: { proxy: { from: [127.0.0.0/8], id: x-user, tenant: x-tenant } }
ai: { models: { free: [local/extractive] } }
`;

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

const graphql = JSON.stringify({ query: '{ products { id } }' });
const chat = JSON.stringify({ model: 'free', messages: [{ role: 'user', content: 'Hello.' }] });

/** On a connection of its own: the system spreads connections over the workers. */
function send(
  { server }: TestGateway,
  path: string,
  body: string,
  headers: Record<string, string>,
  way: 'with its length' | 'in chunks' = 'with its length',
): Promise<Answer> {
  const length = way === 'in chunks' ? {} : { 'content-length': Buffer.byteLength(body) };
  const options = {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', ...length, ...headers },
  } as const;
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, server.url), options, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

describe('a rate per address', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const yaml = `${proxies}limits: { rates: [{ per: ip, operations: 2, every: 1h }] }`;
    gateway = await startTestGateway({ subgraphs: shop, yaml, workers: 1 });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  let lastAddress = 0;
  describe.each(['with its length', 'in chunks'] as const)('of requests %s', (way) => {
    it('refuses GraphQL operations with 429, Retry-After and the state of the rate', async () => {
      const from = { 'x-forwarded-for': `203.0.113.${++lastAddress}` };
      const answers: Answer[] = [];
      for (let turn = 0; turn < 3; turn++) answers.push(await send(gateway, '/graphql', graphql, from, way));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(answers.map(({ headers }) => headers.ratelimit)).toEqual([
        expect.stringMatching(/^"ip 1h";r=1;t=1[78]\d\d$/),
        expect.stringMatching(/^"ip 1h";r=0;t=3[56]\d\d$/),
        expect.stringMatching(/^"ip 1h";r=0;t=3[56]\d\d$/),
      ]);
      const [, , refused] = answers;
      expect(refused?.headers).toMatchObject({
        'ratelimit-policy': '"ip 1h";q=2;w=3600',
        'retry-after': expect.stringMatching(/^1[78]\d\d$/),
      });
      expect(JSON.parse(refused?.body ?? '').errors).toEqual([
        {
          message: 'Too many operations: the rate "ip 1h" allows 2 in 3600 s.',
          extensions: { code: 'RATE_LIMITED' },
        },
      ]);
    });

    it.each([
      ['/v1/chat/completions', 'x-ratelimit-remaining-requests'],
      ['/v1/messages', 'anthropic-ratelimit-requests-remaining'],
    ])('refuses calls of %s in the form of its wire', async (path, header) => {
      const from = { 'x-forwarded-for': `203.0.113.${++lastAddress}` };
      const body = JSON.stringify({ ...JSON.parse(chat), max_tokens: 20 });
      const answers: Answer[] = [];
      for (let turn = 0; turn < 3; turn++) answers.push(await send(gateway, path, body, from, way));
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 429]);
      expect(answers.map(({ headers }) => headers[header])).toEqual(['1', '0', '0']);
      const refused = answers[2];
      expect(refused?.headers).toMatchObject({ 'retry-after': expect.stringMatching(/^1[78]\d\d$/) });
      expect(JSON.parse(refused?.body ?? '').error.type).toMatch(/rate_limit|requests/);
    });
  });

  it('counts both doors together, and a stream’s head has its headers', async () => {
    const from = { 'x-forwarded-for': `203.0.113.${++lastAddress}` };
    await send(gateway, '/graphql', graphql, from);
    const body = JSON.stringify({ ...JSON.parse(chat), stream: true });
    const stream = await send(gateway, '/v1/chat/completions', body, from);
    expect(stream).toMatchObject({ status: 200, headers: { 'x-ratelimit-remaining-requests': '0' } });
    expect((await send(gateway, '/graphql', graphql, from)).status).toBe(429);
  });

  it('does not count health, nor what is only read', async () => {
    const from = { 'x-forwarded-for': `203.0.113.${++lastAddress}` };
    for (let turn = 0; turn < 5; turn++) {
      expect((await fetch(new URL('/health/ready', gateway.server.url), { headers: from })).status).toBe(200);
      expect((await fetch(new URL('/v1/models', gateway.server.url), { headers: from })).status).toBe(200);
    }
  });

  it('lets pages of allowed origins read it', async () => {
    const from = { 'x-forwarded-for': `203.0.113.${++lastAddress}`, origin: 'https://shop.example' };
    const { headers } = await send(gateway, '/graphql', graphql, from);
    expect(headers['access-control-expose-headers']).toContain('ratelimit-policy');
    expect(headers.ratelimit).toBeDefined();
  });

  it('counts every one of identical queries that share an answer', async () => {
    const from = { 'x-forwarded-for': `203.0.113.${++lastAddress}` };
    const answers = await Promise.all(Array.from({ length: 10 }, () => send(gateway, '/graphql', graphql, from)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
  });
});

describe('a rate of points', () => {
  const items = [...Array(100).keys()].map((id) => ({ id }));
  const subgraphs = {
    items: {
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@cost", "@listSize"])
        type Query { items(of: String): [Item!] @listSize(assumedSize: 100)  one: Item  free: Int }
        type Item { id: Int }`,
      resolvers: {
        Query: { items: (_: unknown, { of }: { of: string }) => (of === 'full' ? items : []), one: () => items[0] },
      },
    },
  };
  let gateway: TestGateway;
  beforeAll(async () => {
    const yaml = `${proxies}traffic: { share_identical: off }
limits:
  cost: {}
  rates: [{ per: user, points: 250, every: 1h }, { per: user, operations: 1000, every: 1h }]`;
    gateway = await startTestGateway({ subgraphs, yaml, workers: 1 });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const ask = (user: string, of: string) =>
    send(gateway, '/graphql', JSON.stringify({ query: `{ items(of: "${of}") { id } }` }), { 'x-user': user });

  it('charges the estimate and gives back down to what the answer cost', async () => {
    const full: Answer[] = [];
    for (let turn = 0; turn < 3; turn++) full.push(await ask('full', 'full'));
    expect(full.map(({ status }) => status)).toEqual([200, 200, 429]);
    const empty: Answer[] = [];
    for (let turn = 0; turn < 10; turn++) empty.push(await ask('empty', 'empty'));
    expect(empty.map(({ status }) => status)).toEqual(Array(10).fill(200));
  });

  it('is told beside the others, and what is refused is never sent', async () => {
    const { length } = gateway.subgraphs.items?.requests ?? [];
    const refused = await ask('full', 'full');
    expect(refused.status).toBe(429);
    expect(refused.headers['ratelimit-policy']).toBe(
      '"user 1h";q=1000;w=3600, "user points 1h";q=250;qu="points";w=3600',
    );
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(600);
    expect(JSON.parse(refused.body).errors[0]).toMatchObject({
      message: 'Too many points: the rate "user points 1h" allows 250 in 3600 s.',
      extensions: { code: 'RATE_LIMITED' },
    });
    expect(gateway.subgraphs.items?.requests ?? []).toHaveLength(length);
  });

  it('lets two operations at once spend what is there, not more', async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask('both', 'full')));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(2);
  });
});

describe('rates of two workers', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    const rates = '[{ per: user, operations: 50, every: 1h }, { per: tenant, operations: 70, every: 1h }]';
    const yaml = `${proxies}limits: { rates: ${rates} }`;
    gateway = await startTestGateway({ subgraphs: shop, yaml, workers: 2 });
  }, 60_000);
  afterAll(() => gateway[Symbol.asyncDispose]());

  it('are exact together, per user and per tenant', async () => {
    const requests = Array.from({ length: 240 }, (_, index) =>
      send(gateway, '/graphql', graphql, { 'x-user': index % 2 === 0 ? 'ada' : 'bob', 'x-tenant': 'acme' }),
    );
    const statuses = (await Promise.all(requests)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(70);
    expect(statuses.filter((status) => status === 429)).toHaveLength(170);
    const eve = { 'x-user': 'eve', 'x-tenant': 'globex' };
    const alone = await Promise.all(Array.from({ length: 60 }, () => send(gateway, '/graphql', graphql, eve)));
    expect(alone.filter(({ status }) => status === 200)).toHaveLength(50);
  }, 30_000);
});

it.skipIf(withoutRedis)(
  'rates of two gateways are counted together in Redis, and /health/ready says whether they are',
  async () => {
    const redis = await startRedisServer();
    const yaml = `${proxies}limits:
  rates: [{ per: user, operations: 5, every: 1h }]
  rate_counters: { url: "${redis.url}" }`;
    await using one = await startTestGateway({ subgraphs: shop, yaml, workers: 1 });
    await using other = await startTestGateway({ subgraphs: shop, yaml, workers: 1 });
    const ready = async () => (await (await fetch(new URL('/health/ready', one.server.url))).json()).rates;
    const from = { 'x-forwarded-for': '203.0.113.200', 'x-user': 'Ann', 'x-tenant': 'acme' };
    const statuses: number[] = [];
    for (const gateway of [one, other, one, other, one, other])
      statuses.push((await send(gateway, '/graphql', graphql, from)).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
    expect(await ready()).toEqual({ counters: 'ready' });
    await redis.kill();
    await expect.poll(ready).toEqual({ counters: 'unavailable', whenDown: 'local_share' });
    // Of a gateway of one, its share is the whole; its own bucket has what it counted.
    expect((await send(one, '/graphql', graphql, { ...from, 'x-user': 'Bob' })).status).toBe(200);
  },
  60_000,
);
