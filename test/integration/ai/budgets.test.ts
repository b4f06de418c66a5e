/** Budgets of models, over two workers: never passed, whatever calls do; what is cached or free is served all the same. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AiGraph, echo, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({
    products: 3,
    workers: 2,
    models: `counted: { targets: [test/m], retries: 3, cache: { exact: false } }, priced: { targets: [test/m], retries: 0 },
      dear: { targets: [test/m], retries: 0 }, degraded: { targets: [test/m, test/small, local/extractive], retries: 0 }, free: [local/extractive],
      grand: { targets: [test/m], retries: 0 }, modest: { targets: [test/small], retries: 0 }`,
    ai: `  budgets:
    - { name: hundred calls, match: { model: counted }, limit_calls: 100, every: 1h }
    - { name: a tenth of a cent, match: { model: priced }, limit_usd: "0.001", every: month, timezone: Europe/Berlin }
    - { name: dear, per: tenant, match: { model: dear }, limit_usd: "0.00001", every: day, cheaper_model: free }
    - { name: grand, match: { model: grand }, limit_calls: 1, every: 1h, cheaper_model: modest }
    - { name: modest, match: { model: modest }, limit_calls: 2, every: 1h }
    - { name: degraded, match: { model: degraded }, limit_calls: 1, every: 1h, on_exceeded: cached_only }
    - { name: summaries, match: { prompt: summary }, limit_calls: 2, every: 1h }`,
    yaml: 'limits: { rates: [{ per: client, match: { client: thrifty }, usd: "0.0004", every: 1h }] }',
  });
}, 120_000);
afterAll(() => graph[Symbol.asyncDispose]());

let lastQuestion = 0;

function chat(model: string, init: RequestInit = {}, content = `Question ${++lastQuestion}`): Promise<Response> {
  const headers = { 'content-type': 'application/json', ...(init.headers as Record<string, string> | undefined) };
  const body = JSON.stringify({ model, max_tokens: 10, messages: [{ role: 'user', content }] });
  return fetch(new URL('/v1/chat/completions', graph.gateway.url), { method: 'POST', ...init, headers, body });
}

describe('a budget', () => {
  it('of 100 calls lets exactly 100 reach the provider, retries, failures and clients that leave included', async () => {
    graph.provider.reset();
    let asked = 0;
    graph.provider.respond(() => {
      asked++;
      if (asked % 5 === 0) return { error: { status: 500 } };
      return asked % 7 === 0 ? { text: 'ok', faults: { delayMs: 50 } } : { text: 'ok' };
    });
    const statuses = await Promise.all(
      Array.from({ length: 300 }, async (_, index) => {
        const signal = index % 10 === 0 ? AbortSignal.timeout(30) : undefined;
        return chat('counted', signal === undefined ? {} : { signal }).then(
          ({ status }) => status,
          () => 'left',
        );
      }),
    );
    expect(asked).toBe(100);
    expect(statuses).toContain(200);
    expect(statuses.filter((status) => status === 429).length).toBeGreaterThanOrEqual(150);
    expect(await chat('counted')).toMatchObject({ status: 429 });
    expect(asked).toBe(100);
  }, 60_000);

  it('of dollars is never passed, gives back what calls did not use, and says what is left and when it resets', async () => {
    graph.provider.reset();
    const usage = { inputTokens: 3, outputTokens: 10 };
    graph.provider.respond(() => ({ text: 'ok', usage }));
    // Answers of a call that failed or was left cost nothing, or what was estimated; a leaked hold would use all up.
    graph.provider.script(Array.from({ length: 40 }, () => ({ error: { status: 500 } })));
    for (let failed = 0; failed < 40; failed++) expect((await chat('priced')).status).toBe(503);
    let spent = 0;
    const refusals: Response[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => chat('priced')));
      for (const answer of answers) {
        if (answer.status === 200) spent += Number(answer.headers.get('isthmus-cost-usd'));
        else refusals.push(answer);
      }
    }
    expect(spent).toBeLessThanOrEqual(0.001);
    // What is left is less than the bound of one more call.
    expect(spent).toBeGreaterThan(0.0009);
    const [refused] = refusals;
    expect(refused?.status).toBe(429);
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(1);
    expect(refused?.headers.get('x-should-retry')).toBe('false');
    expect(await refused?.json()).toEqual({
      error: {
        type: 'insufficient_quota',
        code: 'insufficient_quota',
        param: null,
        message: expect.stringMatching(
          /^The budget "a tenth of a cent" allows \$0\.001; \$0(\.0000\d+)? left, \$0\.0000\d+ needed: it has room again 20\d\d-\d\d-\d\dT/,
        ),
      },
    });
    await expect.poll(() => graph.logged()).toContain('"percent":100');
    const alerts = graph.gateway.log.filter(
      ({ msg, budget }) => msg === 'a share of a budget is used up' && budget === 'a tenth of a cent',
    );
    expect(alerts.map(({ percent }) => percent)).toEqual(expect.arrayContaining([50, 80]));
    expect(new Set(alerts.map(({ percent }) => percent)).size).toBe(alerts.length);
  }, 60_000);

  it('with cached_only lets cached answers and the free targets of an alias answer, and no other', async () => {
    graph.provider.reset();
    graph.provider.respond(() => ({ text: 'paid' }));
    const textOf = async (answer: Response) => (await answer.json()).choices[0].message.content;
    expect(await textOf(await chat('degraded', {}, 'The kettle is quiet. Is it loud?'))).toBe('paid');
    // A question of its own: a free model answers it.
    const free = await chat('degraded', {}, 'The kettle is red. What is red?');
    expect(free.status).toBe(200);
    expect(await textOf(free)).toContain('kettle');
    // The answer that was paid for is served in any worker that has it; nothing else is asked for.
    expect((await chat('degraded', {}, 'The kettle is quiet. Is it loud?')).status).toBe(200);
    expect(graph.provider.requests).toHaveLength(1);
  });

  it('that does not allow a model lets a cheaper one answer where one is named', async () => {
    graph.provider.reset();
    const calls = await graph.calls(async () => {
      const answer = await chat('dear');
      expect(answer.status).toBe(200);
      expect(answer.headers.get('isthmus-cost-usd')).toBe('0');
    });
    expect(calls).toBe(0);
  }, 60_000);

  it('of one model does not count what another answers in its place', async () => {
    graph.provider.reset();
    graph.provider.respond(() => ({ text: 'ok' }));
    const models: unknown[] = [];
    for (let turn = 0; turn < 4; turn++) {
      const answer = await chat('grand');
      models.push(answer.status === 200 ? graph.provider.requests.at(-1)?.model : answer.status);
    }
    expect(models).toEqual(['m', 'small', 'small', 429]);
  }, 60_000);

  it('nulls the AI fields that it does not allow, with its code at their paths; what is cached is served', async () => {
    graph.provider.reset();
    graph.provider.respond(echo);
    const calls = await graph.calls(async () => {
      const first = await graph.query('{ products(first: 2) { id summary } }');
      expect(first.errors).toBeUndefined();
      const all = await graph.query('{ products { id name summary } }');
      expect(all.data).toMatchObject({
        products: [
          { summary: expect.any(String) },
          { summary: expect.any(String) },
          { name: 'Product 3', summary: null },
        ],
      });
      expect(all.errors).toMatchObject([
        {
          path: ['products', 2, 'summary'],
          extensions: { code: 'AI_BUDGET_EXCEEDED', budget: { name: 'summaries', left: expect.any(String) } },
          message: expect.stringContaining('"summaries"'),
        },
      ]);
    });
    expect(calls).toBe(2);
    const again = await fetch(new URL('/graphql', graph.gateway.server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: '{ product(id: "p3") { name summary } }' }),
    });
    const { errors } = await again.json();
    const resetsInMs = Date.parse(errors[0].extensions.budget.resetsAt) - Date.now();
    expect(Math.abs(Number(again.headers.get('retry-after')) - resetsInMs / 1_000)).toBeLessThan(60);
  }, 60_000);
});

describe('a rate of dollars', () => {
  const client = { 'apollographql-client-name': 'thrifty' };

  it('takes what a request may cost, gives back what it did not, and refuses the next, on both doors', async () => {
    graph.provider.reset();
    graph.provider.respond(() => ({ text: 'ok', usage: { inputTokens: 1, outputTokens: 1 } }));
    const dry = await chat('fast', { headers: { ...client, 'isthmus-dry-run': 'true' } });
    const bound = Number((await dry.json()).cost.ai.estimatedUsd);
    let answers = 0;
    let spent = 0;
    let last = await chat('fast', { headers: client });
    for (; last.status === 200 && answers < 1_000; last = await chat('fast', { headers: client })) {
      answers++;
      spent += Number(last.headers.get('isthmus-cost-usd'));
    }
    // A little comes back while the test takes its time.
    expect(spent).toBeLessThanOrEqual(0.00041);
    expect(answers).toBeGreaterThan(0.0004 / bound);
    expect(last.status).toBe(429);
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(last.headers.get('ratelimit-policy')).toBe('"client usd 1h, client thrifty";q=400;qu="micro-usd";w=3600');
    expect(last.headers.get('x-ratelimit-limit-requests')).toBeNull();
    expect(await last.text()).toContain('Models would cost too much: the rate');
    const refused = await graph.query('{ product(id: "p1") { pitch } }', {}, client);
    expect(refused.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    expect((await chat('fast')).status).toBe(200);
  }, 60_000);
});

describe('isthmus-max-usd', () => {
  it('bounds what one request spends, on both doors', async () => {
    graph.provider.reset();
    graph.provider.respond(echo);
    const calls = await graph.calls(async () => {
      const refused = await chat('fast', { headers: { 'isthmus-max-usd': '0.00001' } });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({
        error: {
          code: 'AI_COST_ESTIMATED_TOO_EXPENSIVE',
          message: expect.stringMatching(
            /at most \$0\.00001 are allowed \(isthmus-max-usd\)\. What could fit: .*"modest"/,
          ),
        },
      });
      const header = { 'isthmus-max-usd': '0.000001' };
      const answer = await graph.query('{ product(id: "p1") { name pitch } }', {}, header);
      expect(answer).toMatchObject({ errors: [{ extensions: { code: 'AI_COST_ESTIMATED_TOO_EXPENSIVE' } }] });
      expect(answer.data).toBeUndefined();
    });
    expect(calls).toBe(0);
    expect((await chat('fast', { headers: { 'isthmus-max-usd': '1' } })).status).toBe(200);
  }, 60_000);

  it('is compared with all calls of a request together', async () => {
    graph.provider.reset();
    const body = JSON.stringify({ model: 'fast', prompt: ['one', 'two', 'three'], max_tokens: 10 });
    const send = (maxUsd: string, more: Record<string, string> = {}) =>
      fetch(new URL('/v1/completions', graph.gateway.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'isthmus-max-usd': maxUsd, ...more },
        body,
      });
    const dry = (await (await send('1', { 'isthmus-dry-run': 'true' })).json()) as {
      cost: { ai: { estimatedUsd: string } };
    };
    const { estimatedUsd } = dry.cost.ai;
    expect(dry).toEqual({
      dry_run: true,
      model: 'fast',
      cost: { ai: { estimatedUsd, actualUsd: '0', calls: 0, cached: 0 } },
    });
    expect(graph.provider.requests).toHaveLength(0);
    expect((await send(String(Number(estimatedUsd) - 0.000001))).status).toBe(400);
    expect((await send(estimatedUsd)).status).toBe(200);
    expect(graph.provider.requests).toHaveLength(3);
  }, 60_000);

  it('counts each answer that a request asks for', async () => {
    graph.provider.reset();
    // Three answers of 100 tokens: as the request bounds each.
    graph.provider.respond(() => ({ text: 'ok', usage: { inputTokens: 5, outputTokens: 300 } }));
    const send = (headers: Record<string, string> = {}) =>
      fetch(new URL('/v1/chat/completions', graph.gateway.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ model: 'fast', n: 3, max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }] }),
      });
    expect((await send({ 'isthmus-max-usd': '0.0006' })).status).toBe(400);
    expect(graph.provider.requests).toHaveLength(0);
    const dry = (await (await send({ 'isthmus-dry-run': 'true' })).json()) as {
      cost: { ai: { estimatedUsd: string } };
    };
    const answer = await send();
    expect(answer.status).toBe(200);
    expect(Number(answer.headers.get('isthmus-cost-usd'))).toBeLessThanOrEqual(Number(dry.cost.ai.estimatedUsd));
    expect(graph.provider.requests[0]?.body).toMatchObject({ n: 3 });
  });

  it('is not passed by a second bound of output, which a provider may go by', async () => {
    graph.provider.reset();
    graph.provider.respond(() => ({ text: 'ok' }));
    const send = (bounds: object) =>
      fetch(new URL('/v1/chat/completions', graph.gateway.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'isthmus-max-usd': '0.0001' },
        body: JSON.stringify({ model: 'fast', messages: [{ role: 'user', content: 'Hello' }], ...bounds }),
      });
    expect((await send({ max_completion_tokens: 20, max_tokens: 20 })).status).toBe(200);
    const refused = await send({ max_completion_tokens: 20, max_tokens: 100_000 });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ error: { code: 'AI_REQUEST_INVALID', param: 'max_tokens' } });
    expect(graph.provider.requests).toHaveLength(1);
  });

  it('is refused where it is no amount of dollars', async () => {
    expect((await chat('fast', { headers: { 'isthmus-max-usd': 'free' } })).status).toBe(400);
    const query = '{ product(id: "p1") { name } }';
    for (const headers of [{ 'isthmus-max-usd': '-1' }, { 'isthmus-dry-run': 'yes' }]) {
      const answer = await graph.query(query, {}, { accept: 'application/json', ...headers });
      expect(answer.status).toBe(400);
      expect(answer.errors).toMatchObject([{ extensions: { code: 'BAD_REQUEST' } }]);
    }
  });
});
