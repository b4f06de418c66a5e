/** Answers of /v1 in a real Redis: shared by gateways, free, and never in the way when Redis is ill or gone. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from '../integration/v1/v1-gateway.ts';
import { safetyLimit } from '../testkit/safety-limit.ts';
import { type RedisServer, startRedisServer, withoutRedis } from '../testkit/servers/redis-server.ts';

let redis: RedisServer;
const open: V1Gateway[] = [];
beforeEach(async () => {
  redis = await startRedisServer();
});
afterEach(async () => {
  redis.resume();
  await redis.kill();
  await Promise.all(open.splice(0).map((gateway) => gateway[Symbol.asyncDispose]()));
});

async function start(): Promise<V1Gateway> {
  const gateway = await startV1Gateway({
    ai: ({ openAiBaseUrl }) => `  cache: { store: redis, url: "${redis.url}" }
  providers: { p: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k } }
  models:
    exact: { targets: [p/a], retries: 0, cache: { exact: true } }
  prices: { p/a: { input_per_mtok: "1", output_per_mtok: "1" } }
`,
  });
  open.push(gateway);
  return gateway;
}

const paths = ['/chat/completions', '/responses', '/messages', '/embeddings'] as const;
function bodyOf(path: (typeof paths)[number], text: string, stream = false): object {
  const messages = [{ role: 'user', content: text }];
  switch (path) {
    case '/chat/completions':
      return { model: 'exact', stream, messages };
    case '/responses':
      return { model: 'exact', stream, input: text };
    case '/messages':
      return { model: 'exact', stream, max_tokens: 50, messages };
    case '/embeddings':
      return { model: 'exact', input: text };
  }
}

async function ask(gateway: V1Gateway, path: (typeof paths)[number], text: string, stream = false) {
  const startedAt = performance.now();
  const response = await gateway.post(path, bodyOf(path, text, stream));
  const body = await response.text();
  return {
    status: response.status,
    cache: response.headers.get('isthmus-cache'),
    cost: response.headers.get('isthmus-cost-usd') ?? /^: isthmus-cost-usd (\S+)$/m.exec(body)?.[1],
    body,
    ms: performance.now() - startedAt,
  };
}

describe.skipIf(withoutRedis)('answers in Redis', () => {
  it('are shared by all gateways, whole and streamed, and cost nothing', async () => {
    const [one, two] = [await start(), await start()];
    for (const path of paths) {
      for (const stream of path === '/embeddings' ? [false] : [false, true]) {
        const text = words();
        const miss = await ask(one, path, text, stream);
        expect([miss.status, miss.cache]).toEqual([200, 'miss']);
        expect(Number(miss.cost)).toBeGreaterThan(0);
        // It is written behind the answer's back.
        await expect.poll(async () => (await ask(two, path, text, stream)).cache).toBe('hit');
        const asked = two.provider.requests.length;
        const hit = await ask(two, path, text, stream);
        expect(hit).toMatchObject({ status: 200, cache: 'hit', cost: '0' });
        expect(two.provider.requests).toHaveLength(asked);
        if (path === '/chat/completions' && !stream) expect(hit.body).toBe(miss.body);
        if (stream) expect(hit.body).toMatch(/\[DONE\]|response\.completed|message_stop/);
      }
    }
  });

  it('have no user text in their keys, and expire', async () => {
    const gateway = await start();
    await ask(gateway, '/chat/completions', 'What is the secret word?');
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    try {
      await expect.poll(() => client.dbsize()).toBeGreaterThan(0);
      for (const key of await client.keys('*')) {
        expect(key).not.toContain('secret');
        expect(await client.pttl(key)).toBeGreaterThan(0);
      }
    } finally {
      client.disconnect();
    }
  });

  it('are a miss when Redis dies under 100 calls: each is answered in time, and the cache recovers', async () => {
    const gateway = await start();
    const text = words();
    await ask(gateway, '/chat/completions', text);
    await expect.poll(async () => (await ask(gateway, '/chat/completions', text)).cache).toBe('hit');
    gateway.provider.respond({ text: 'Well.', faults: { delayMs: 10 } });
    const outcomes: Promise<Awaited<ReturnType<typeof ask>>>[] = [];
    for (let call = 0; call < 100; call++) {
      const path = paths[call % paths.length] ?? '/messages';
      outcomes.push(ask(gateway, path, call % 5 === 0 ? text : words(), call % 2 === 0 && path !== '/embeddings'));
      if (call === 40) void redis.kill();
      if (call % 10 === 0) await new Promise(setImmediate);
    }
    for (const { status, body, ms } of await Promise.all(outcomes)) {
      expect(status, body).toBe(200);
      expect(body).not.toMatch(/"error":\{|response\.failed|"type":"error"/);
      expect(ms).toBeLessThan(safetyLimit(1_000));
    }
    const gone = await ask(gateway, '/chat/completions', text);
    expect([gone.status, gone.cache]).toEqual([200, 'miss']);
    expect(gateway.gateway.log.some(({ level }) => level === 60)).toBe(false);
    redis = await startRedisServer(redis.port);
    await expect.poll(async () => (await ask(gateway, '/chat/completions', text)).cache, { interval: 100 }).toBe('hit');
  });

  it('are a miss while Redis hangs', async () => {
    const gateway = await start();
    const text = words();
    await ask(gateway, '/chat/completions', text);
    redis.pause();
    for (let call = 0; call < 12; call++) {
      const { status, cache } = await ask(gateway, '/chat/completions', words());
      expect([status, cache]).toEqual([200, 'miss']);
    }
  });

  it('of another format are ignored: the model is called, and they are replaced', async () => {
    const gateway = await start();
    const text = words();
    const first = await ask(gateway, '/chat/completions', text);
    const { Redis } = await import('ioredis');
    const client = new Redis(redis.url);
    try {
      await expect.poll(() => client.dbsize()).toBeGreaterThan(0);
      for (const garbage of [
        '',
        'null',
        'i1 1 9999999999999 0\n{"v":2,"answer":{"content":"x"}}',
        '\0'.repeat(1_000),
      ]) {
        for (const key of await client.keys('*:e:*')) await client.set(key, garbage);
        const asked = gateway.provider.requests.length;
        const again = await ask(gateway, '/chat/completions', text);
        expect([again.status, again.cache]).toEqual([200, 'miss']);
        expect(JSON.parse(again.body)).toMatchObject({ choices: JSON.parse(first.body).choices });
        expect(gateway.provider.requests).toHaveLength(asked + 1);
        await expect.poll(async () => (await ask(gateway, '/chat/completions', text)).cache).toBe('hit');
      }
    } finally {
      client.disconnect();
    }
  });
});
