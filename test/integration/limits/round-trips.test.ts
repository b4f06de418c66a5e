/** What several gateways count together costs a request one round trip to Redis at most, whatever limits it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AiGraph, aiLink, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../../testkit/servers/redis-server.ts';
import { countRoundTrips, type RoundTrips } from '../../testkit/servers/round-trips.ts';

const sdl = `${aiLink}
extend schema @link(url: "https://isthmus.dev/limits/v1.0", import: ["@rateLimit"])
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  slogan(n: Int): String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 20)
  rated(n: Int): String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 20)
    @rateLimit(max: 1000, window: "1h") @rateLimit(max: 2, window: "1h", identityArgs: ["n"])
}
`;
const prompt = '---\nmodel: fast\n---\n{{role "user"}}\n{{name}} {{n}}';

describe.skipIf(withoutRedis)('a request that many limits of several gateways count', () => {
  let redis: RedisServer;
  let trips: RoundTrips;
  let graph: AiGraph;
  let other: AiGraph;
  const start = (port: number): Promise<AiGraph> => {
    const counters = `{ url: "redis://127.0.0.1:${port}", when_down: closed }`;
    return startAiGraph({
      workers: 1,
      subgraphs: { assistant: { sdl, prompts: { 'slogan.prompt': prompt } } },
      fields: '{ cache: { enabled: true } }',
      models: 'free: [local/extractive], scarce: [test/m]',
      ai: `  ledger: false
  budgets:
    - { name: all, limit_usd: "1000", every: day }
    - { name: tenants, per: tenant, limit_calls: 100000, every: 1h }
    - { name: scarce, match: { model: scarce }, limit_calls: 2, every: 1h }
    - { name: few, match: { operation: Few }, limit_calls: 1, every: 1h }
  budget_counters: ${counters}`,
      yaml: `limits:
  cost: { max: 5000, mode: measure }
  clients: [{ client_name: poor, cost: { max: 1 } }]
  rates:
    - { per: ip, operations: 100000, every: 1h }
    - { per: tenant, operations: 100000, every: 1h }
    - { per: tenant, points: 1000000, every: 1h }
    - { per: tenant, usd: "1000", every: 1h }
    - { per: client, operations: 1, every: 1h, match: { client: rare } }
  rate_counters: ${counters}`,
    });
  };
  beforeAll(async () => {
    redis = await startRedisServer();
    trips = await countRoundTrips(redis.port);
    [graph, other] = await Promise.all([start(trips.port), start(redis.port)]);
    for (const { provider } of [graph, other])
      provider.respond(() => ({ text: 'fine', usage: { inputTokens: 5, outputTokens: 5 } }));
    // Redis knows the scripts from now on.
    await graph.query('{ products { name slogan rated } }');
  }, 120_000);
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await trips[Symbol.asyncDispose]();
    await redis.kill();
  });
  const isReady = async (): Promise<boolean> => {
    const ready = await (await fetch(new URL('/health/ready', graph.gateway.server.url))).json();
    return ready.budgets.counters === 'ready' && ready.rates.counters === 'ready';
  };
  beforeEach(async () => {
    trips.allow();
    await expect.poll(isReady, { timeout: 10_000 }).toBe(true);
  });
  const chat = (init: RequestInit = {}): Promise<Response> =>
    fetch(new URL('/v1/chat/completions', graph.gateway.server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'fast', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] }),
      ...init,
    });

  it('waits for one: rates of operations, points and dollars, reads of fields, and budgets', async () => {
    trips.allow(1);
    const answer = await graph.query('{ products { name slogan(n: 1) rated(n: 1) } }');
    expect(answer.errors).toBeUndefined();
    expect(answer.data).toEqual({
      products: [1, 2, 3].map((id) => ({ name: `Product ${id}`, slogan: 'fine', rated: 'fine' })),
    });
  });

  it('waits for one, and not for none', async () => {
    trips.allow(0);
    expect(await graph.query('{ products { name slogan(n: 2) } }')).toMatchObject({
      errors: [{ extensions: { code: 'OVERLOADED' } }],
    });
    expect((await chat()).status).toBe(503);
  });

  it('waits for one without AI fields, and where it is not valid', async () => {
    trips.allow(1);
    expect((await graph.query('{ products { name } }')).errors).toBeUndefined();
    trips.allow();
    await expect.poll(isReady, { timeout: 10_000 }).toBe(true);
    trips.allow(1);
    expect((await graph.query('{ nothing }')).status).toBe(400);
  });

  it('waits for one on /v1: rates, dollars and budgets', async () => {
    trips.allow(1);
    const answer = await chat();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('ratelimit')).toMatch(/"ip 1h";r=\d+.*"tenant 1h".*/);
    await answer.arrayBuffer();
  });

  it('waits for one in a stream of /v1', async () => {
    trips.allow(1);
    const body = { model: 'fast', stream: true, max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] };
    const answer = await chat({ body: JSON.stringify(body) });
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain('[DONE]');
  });

  it('is refused by what other gateways have counted, of which it takes nothing', async () => {
    const headers = { 'apollographql-client-name': 'rare' };
    expect((await other.query('{ products { name } }', {}, headers)).errors).toBeUndefined();
    const calls = await graph.calls(async () => {
      const refused = await graph.query('{ products { name slogan(n: 3) } }', {}, headers);
      expect(refused.errors?.[0]).toMatchObject({ extensions: { code: 'RATE_LIMITED' } });
    });
    expect(calls).toBe(0);
    expect((await graph.query('{ products { name slogan(n: 3) } }')).errors).toBeUndefined();
  });

  it('holds no room in a budget for a call of /v1 that a rate of other gateways refuses', async () => {
    const headers = { 'content-type': 'application/json', 'apollographql-client-name': 'rare' };
    await other.query('{ products { name } }', {}, headers);
    const message = { model: 'scarce', max_tokens: 10, messages: [{ role: 'user', content: 'Hello' }] };
    const body = JSON.stringify(message);
    expect((await chat({ headers, body })).status).toBe(429);
    for (let turn = 0; turn < 2; turn++) expect((await chat({ body })).status).toBe(200);
  });

  it('leaves out what others have read too often, and serves the rest', async () => {
    expect((await other.query('{ a: products { rated(n: 9) } b: products { rated(n: 9) } }')).errors).toBeUndefined();
    const answer = await graph.query('{ products { name rated(n: 9) } }');
    expect(answer.data).toEqual({ products: [1, 2, 3].map((id) => ({ name: `Product ${id}`, rated: null })) });
    expect(answer.errors?.map(({ extensions }) => extensions?.code)).toEqual(Array(3).fill('RATE_LIMITED'));
  });

  it('is measured and priced as it runs, without what others have read too often', async () => {
    expect((await other.query('{ a: products { rated(n: 8) } b: products { rated(n: 8) } }')).errors).toBeUndefined();
    const headers = { 'apollographql-client-name': 'poor', 'isthmus-explain': 'cost' };
    const answer = await graph.query('{ products { name rated(n: 8) } }', {}, headers);
    expect(answer).toMatchObject({
      errors: Array(3).fill({ extensions: { code: 'RATE_LIMITED' } }),
      extensions: { cost: { estimated: 10, ai: { estimatedUsd: '0', calls: 0 } } },
    });
    const measured = graph.gateway.log.filter(({ clientName }) => clientName === 'poor');
    expect(measured).toMatchObject([{ limits: [{ code: 'COST_ESTIMATED_TOO_EXPENSIVE', found: 10, requests: 1 }] }]);
  });

  it('is served what its budgets have room for, and holds nothing afterwards', async () => {
    const few = await graph.query('query Few { product(id: "p1") { name slogan(n: 4) } }');
    expect(few.errors).toBeUndefined();
    const answer = await graph.query('query Few { product(id: "p2") { name slogan(n: 4) } }');
    expect(answer).toMatchObject({
      data: { product: { name: 'Product 2', slogan: null } },
      errors: [{ extensions: { code: 'AI_BUDGET_EXCEEDED' } }],
    });
  });
});
