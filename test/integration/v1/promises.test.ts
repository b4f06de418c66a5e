/** What operators are promised of /v1, held against a whole gateway: money, caches, splits, guardrails, swaps. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Faults } from '../../../src/testing.ts';
import { providersYaml, startV1Gateway, type V1Gateway, wires, words } from './v1-gateway.ts';

const chat = (model: string, more: object = {}) => ({
  model,
  messages: [{ role: 'user', content: words() }],
  ...more,
});
/** One question on each route, of the same words. */
const routes = {
  '/chat/completions': (model: string, text: string, stream: boolean) => ({
    model,
    stream,
    messages: [{ role: 'user', content: text }],
  }),
  '/responses': (model: string, text: string, stream: boolean) => ({ model, stream, input: text }),
  '/messages': (model: string, text: string, stream: boolean) => ({
    model,
    stream,
    max_tokens: 50,
    messages: [{ role: 'user', content: text }],
  }),
} as const;
type Route = keyof typeof routes;
const paths = Object.keys(routes) as Route[];

const costOf = async (response: Response): Promise<string | undefined> => {
  const told = response.headers.get('isthmus-cost-usd');
  const body = await response.text();
  return told ?? /^: isthmus-cost-usd (\S+)$/m.exec(body)?.[1];
};

describe('what a call costs', () => {
  let gateway: V1Gateway;
  beforeAll(async () => {
    const price =
      '{ input_per_mtok: "2.00", cached_input_per_mtok: "0.20", cache_write_per_mtok: "2.50", output_per_mtok: "10.00", tiers: [{ above_input_tokens: 1000, input_per_mtok: "4.00", cached_input_per_mtok: "0.40", cache_write_per_mtok: "5.00", output_per_mtok: "15.00" }] }';
    gateway = await startV1Gateway({
      ai: (provider) => `${providersYaml(provider)}  models:
${wires.map((wire) => `    ${wire}: { targets: [${wire}/m], retries: 0 }\n`).join('')}    unknown: [chat/nobody-knows-this-model]
  prices:
${wires.map((wire) => `    ${wire}/m: ${price}\n`).join('')}`,
    });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  beforeEach(() => gateway.provider.reset());

  const used = { inputTokens: 1_000, cachedInputTokens: 300, outputTokens: 77, reasoningTokens: 7 };
  // 700 x 2 + 300 x 0.2 + 77 x 10 = 2230 micro-dollars; above the tier, 701 x 4 + 300 x 0.4 + 77 x 15 = 4079.
  it.each(paths.flatMap((path) => wires.map((wire) => ({ path, wire }))))(
    'is told to the token by $path over the $wire wire, whole and streamed',
    async ({ path, wire }) => {
      for (const stream of [false, true]) {
        for (const faults of [{}, { usage: 'twice' }] satisfies Faults[]) {
          gateway.provider.respond({ text: 'Yes.', usage: used, faults });
          expect(await costOf(await gateway.post(path, routes[path](wire, words(), stream)))).toBe('0.00223');
        }
        gateway.provider.respond({ text: 'Yes.', usage: { ...used, inputTokens: 1_001 } });
        expect(await costOf(await gateway.post(path, routes[path](wire, words(), stream)))).toBe('0.004079');
      }
    },
  );

  it('holds what Anthropic writes to its cache at its own price', async () => {
    gateway.provider.respond({ text: 'Yes.', usage: { ...used, cacheWriteTokens: 200 } });
    // 500 x 2 + 300 x 0.2 + 200 x 2.5 + 77 x 10
    for (const path of paths)
      expect(await costOf(await gateway.post(path, routes[path]('anthropic', words(), true)))).toBe('0.00233');
  });

  it.each(wires)('of the %s wire is an estimate where no usage came, and nothing where it was zero', async (wire) => {
    // The package for Anthropic, whose streams always begin with counts, reads none without them.
    for (const stream of wire === 'anthropic' ? [false] : [false, true]) {
      gateway.provider.respond({ text: 'Some words of an answer.', faults: { usage: 'absent' } });
      const estimated = await costOf(await gateway.post('/chat/completions', chat(wire, { stream })));
      expect(Number(estimated)).toBeGreaterThan(0.00005);
      expect(Number(estimated)).toBeLessThan(0.001);
      if (wire === 'chat' || wire === 'responses') {
        gateway.provider.respond({ text: 'Some words of an answer.', faults: { usage: 'zero' } });
        expect(await costOf(await gateway.post('/chat/completions', chat(wire, { stream })))).toBe('0');
      }
    }
  });

  it('cannot be told of a model without a price, so it is not asked: 503 on each wire', async () => {
    for (const path of paths) {
      for (const stream of [false, true]) {
        const response = await gateway.post(path, routes[path]('unknown', words(), stream));
        expect(response.status).toBe(503);
        expect(await response.json()).toMatchObject({
          error: path === '/messages' ? { type: 'api_error' } : { code: 'AI_PRICE_UNKNOWN' },
        });
      }
    }
    expect(gateway.provider.requests).toHaveLength(0);
  });

  it('reads the first choice by its number, wherever it stands', async () => {
    const choice = (index: number, content: string) => ({
      index,
      message: { role: 'assistant', content },
      finish_reason: 'stop',
    });
    const choices = [choice(1, 'second'), choice(0, 'first')];
    gateway.provider.respond({
      body: JSON.stringify({ id: '1', object: 'chat.completion', created: 1, model: 'm', choices }),
    });
    const response = await gateway.post('/messages', routes['/messages']('chat', words(), false));
    expect(await response.json()).toMatchObject({ content: [{ text: 'first' }] });
  });
});

it('a client that leaves ends the provider’s work, and the estimate is booked', async () => {
  await using gateway = await startV1Gateway();
  gateway.provider.respond({
    text: 'One two three four five six seven eight.',
    faults: { stop: { at: { afterChunks: 6 }, how: 'stall' } },
  });
  let count = 0;
  for (const wire of wires) {
    for (const path of paths) {
      const leaving = new AbortController();
      const response = await gateway.post(path, routes[path](wire, words(), true), { signal: leaving.signal });
      await response.body?.getReader().read();
      const request = gateway.provider.requests[count++];
      leaving.abort();
      expect(await request?.ended).toBe('aborted');
    }
  }
  const records = await gateway.records(count);
  for (const record of records) {
    expect(record).toMatchObject({ finish: 'aborted', streamed: true, usage: { source: 'estimated' } });
    expect(record.usage?.inputTokens).toBeGreaterThan(0);
    expect(Number(record.costUsd)).toBeGreaterThan(0);
    expect(record.attempts).toHaveLength(1);
    for (const one of [record.durationMs, record.timeToFirstTokenMs ?? 0, record.attempts[0]?.durationMs ?? 0]) {
      expect(Math.abs(one * 10 - Math.round(one * 10))).toBeLessThan(1e-6);
    }
  }
});

describe('caches, splits and shadows', () => {
  let gateway: V1Gateway;
  beforeAll(async () => {
    gateway = await startV1Gateway({
      ai: (provider) => `  providers: { p: { kind: openai, base_url: "${provider.openAiBaseUrl}", api_key: k } }
  models:
    exact: { targets: [p/a], cache: { exact: true } }
    split: { targets: [{ model: p/a, weight: 80 }, { model: p/b, weight: 20 }], strategy: weighted, sticky: key }
    shadow: { targets: [p/a], shadow: [{ model: p/dark, percent: 100 }] }
  prices: { p/a: { input_per_mtok: "1", output_per_mtok: "1" }, p/b: { free: true }, p/dark: { free: true } }
`,
    });
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  beforeEach(() => gateway.provider.reset());

  it('an equal request is answered from the cache on every route, free, and any other field is another request', async () => {
    const asked = { ...chat('exact'), temperature: 0 };
    const miss = await gateway.post('/chat/completions', asked);
    expect(miss.headers.get('isthmus-cache')).toBe('miss');
    for (const same of [asked, Object.fromEntries(Object.entries(asked).reverse())]) {
      const hit = await gateway.post('/chat/completions', same);
      expect([hit.headers.get('isthmus-cache'), hit.headers.get('isthmus-cost-usd')]).toEqual(['hit', '0']);
    }
    expect(gateway.provider.requests).toHaveLength(1);
    const tool = { type: 'function', function: { name: 't', parameters: { type: 'object', properties: {} } } };
    const others: object[] = [
      { temperature: 0.1 },
      { top_p: 0.5 },
      { seed: 1 },
      { max_tokens: 5 },
      { stop: ['x'] },
      { reasoning_effort: 'low' },
      { tools: [tool] },
      { tools: [tool], tool_choice: 'required' },
      { tools: [tool], parallel_tool_calls: false },
      { response_format: { type: 'json_object' } },
      { presence_penalty: 0.5 },
      { frequency_penalty: 0.5 },
      { logit_bias: { '5': 1 } },
      { messages: [{ role: 'system', content: 'x' }, ...asked.messages] },
    ];
    for (const [index, other] of others.entries()) {
      const response = await gateway.post('/chat/completions', { ...asked, ...other });
      expect(response.status, JSON.stringify(other)).toBe(200);
      expect(response.headers.get('isthmus-cache'), JSON.stringify(other)).not.toBe('hit');
      expect(gateway.provider.requests, JSON.stringify(other)).toHaveLength(index + 2);
    }
  });

  it('only a whole valid answer is kept', async () => {
    const bad = [
      { text: 'cut', finishReason: 'length' },
      { text: '', finishReason: 'content_filter' },
      { refusal: 'No.' },
      { text: 'short', faults: { stop: { at: { afterChunks: 2 }, how: 'end' } } },
    ] as const;
    for (const reply of bad) {
      const asked = chat('exact', { stream: 'faults' in reply });
      gateway.provider.respond(reply);
      for (let turn = 1; turn <= 2; turn++) {
        const response = await gateway.post('/chat/completions', asked);
        expect(response.headers.get('isthmus-cache')).not.toBe('hit');
        await response.text();
      }
    }
    expect(gateway.provider.requests.length).toBeGreaterThanOrEqual(2 * bad.length);
  });

  it('a split keeps each user where they are, and every user has a share', async () => {
    const models = new Map<string, Set<string | null>>();
    for (let turn = 0; turn < 3; turn++) {
      await Promise.all(
        Array.from({ length: 60 }, async (_, user) => {
          const response = await gateway.post('/chat/completions', chat('split', { user: `user-${user}` }));
          const seen = models.get(`user-${user}`) ?? new Set();
          models.set(`user-${user}`, seen.add(response.headers.get('isthmus-model')));
        }),
      );
    }
    expect([...models.values()].every(({ size }) => size === 1)).toBe(true);
    const inB = [...models.values()].filter((seen) => seen.has('p/b')).length;
    expect(inB).toBeGreaterThan(2);
    expect(inB).toBeLessThan(30);
  });

  it('a shadow is asked the same, waited for by nobody, and recorded as one', async () => {
    gateway.provider.respond({ text: 'dark', faults: { delayMs: 30 } }, { model: 'dark' });
    const response = await gateway.post('/chat/completions', chat('shadow'));
    expect(response.headers.get('isthmus-model')).toBe('p/a');
    expect(await response.text()).not.toContain('dark');
    const [one, other] = await gateway.provider.waitForRequests(2);
    const messagesOf = (body: unknown) => (body as { messages: unknown }).messages;
    expect(messagesOf(one?.body)).toEqual(messagesOf(other?.body));
    await expect.poll(() => gateway.callLog()).toMatch(/"model":"p\/dark".*"shadow":true/);
  });

  it('references are refused where they are not exposed', async () => {
    for (const path of paths) expect((await gateway.post(path, routes[path]('p/a', words(), false))).status).toBe(404);
    expect(gateway.provider.requests).toHaveLength(0);
  });
});

describe('personal data', () => {
  const [email, iban, phone] = ['ann.example@mail.example', 'DE89 3704 0044 0532 0130 00', '+49 30 901820'];
  it('reaches no provider, log line or record, and its reader gets it back, whole and streamed', async () => {
    await using gateway = await startV1Gateway({
      ai: (provider) => `${providersYaml(provider)}  models:
${wires.map((wire) => `    ${wire}: { targets: [${wire}/m], retries: 0 }\n`).join('')}  prices:
${wires.map((wire) => `    ${wire}/m: { free: true }\n`).join('')}  guardrails: { pii: { mode: mask }, secrets: { mode: mask } }
`,
    });
    // It repeats its input, in pieces that split its placeholders.
    gateway.provider.respond((request) => {
      const said =
        JSON.stringify(request.body)
          .match(/\[[A-Z]+_\d+_\w+\]/g)
          ?.join(' and ') ?? 'nothing';
      return { text: said, chunks: said.length };
    });
    const text = `Write to ${email} or ${phone}, pay to ${iban}.`;
    for (const wire of wires) {
      for (const path of paths) {
        for (const stream of [false, true]) {
          const response = await gateway.post(path, routes[path](wire, text, stream));
          const body = await response.text();
          expect(response.status, body).toBe(200);
          const pieces = stream
            ? [...body.matchAll(/"(?:content|delta|text)":"((?:[^"\\]|\\.)*)"/g)].map(([, piece]) => piece).join('')
            : body;
          for (const datum of [email, iban, phone]) expect(pieces, `${wire} ${path} ${stream}`).toContain(datum);
        }
      }
    }
    for (const { body } of gateway.provider.requests)
      expect(JSON.stringify(body)).not.toMatch(/ann\.example|0532|901820/);
    // An early or broken end does not reveal it either.
    gateway.provider.respond({ error: { status: 400, message: `bad ${email}` } });
    await gateway.post('/chat/completions', routes['/chat/completions']('chat', text, false));
    await gateway.records(wires.length * paths.length * 2 + 1);
    expect(gateway.callLog()).toMatch(/pii\.email:mask/);
    expect(gateway.callLog()).not.toMatch(/ann\.example|0532 0130|30 901820|sk-operator/);
    const lines = () => gateway.gateway.log.filter(({ msg }) => msg === 'request');
    await expect.poll(() => lines().length).toBeGreaterThanOrEqual(wires.length * paths.length * 2 + 1);
    expect(JSON.stringify(gateway.gateway.log)).not.toMatch(/ann\.example|0532 0130|30 901820|sk-operator|sk-client/);
  });

  it('in any message blocks the call where it is to, and a blocked answer is a content filter’s', async () => {
    await using gateway = await startV1Gateway({
      ai: (provider) => `${providersYaml(provider)}  models: { chat: { targets: [chat/m], retries: 0 } }
  prices: { chat/m: { free: true } }
  guardrails: { pii: { mode: block, kinds: [email] }, patterns: { blocked: [{ name: code_word, pattern: "(?i)swordfish" }] } }
`,
    });
    const messages = [
      { role: 'user', content: `I am ${email}` },
      { role: 'assistant', content: 'Hello' },
      { role: 'user', content: 'And?' },
    ];
    for (const stream of [false, true]) {
      const refused = await gateway.post('/chat/completions', { model: 'chat', messages, stream });
      expect(refused.status).toBe(400);
      expect(await refused.json()).toMatchObject({ error: { code: 'AI_INPUT_BLOCKED' } });
    }
    expect(gateway.provider.requests).toHaveLength(0);
    gateway.provider.respond({ text: 'The word is swordfish, I say.', chunks: 12 });
    for (const path of paths) {
      for (const stream of [false, true]) {
        const body = await (await gateway.post(path, routes[path]('chat', words(), stream))).text();
        expect(body).not.toMatch(/sword|fish/i);
        expect(body).toMatch(/content_filter|"refusal"/);
      }
    }
  });
});

it('/v1 is not there where it is switched off', async () => {
  await using gateway = await startV1Gateway({ yaml: 'server: { v1: false }' });
  for (const path of paths) expect((await gateway.post(path, routes[path]('chat', words(), false))).status).toBe(404);
  expect((await fetch(`${gateway.url}/models`)).status).toBe(404);
  expect(gateway.provider.requests).toHaveLength(0);
});

it('configuration that changes while calls run fails none of them', async () => {
  await using gateway = await startV1Gateway();
  gateway.provider.respond({ text: 'One two three.', faults: { delayMs: 5, chunkDelayMs: 2 } });
  const configFile = join(gateway.gateway.folder, 'supergraph.yaml');
  const before = (await import('node:fs')).readFileSync(configFile, 'utf8');
  let isOver = false;
  const outcomes: string[] = [];
  const callers = Array.from({ length: 8 }, async (_, caller) => {
    const wire = wires[caller % wires.length] ?? 'chat';
    for (let turn = 0; !isOver; turn++) {
      const path = paths[turn % paths.length] ?? '/messages';
      const response = await gateway.post(path, routes[path](wire, words(), turn % 2 === 0));
      const body = await response.text();
      outcomes.push(response.status === 200 && !/"error":\{|"type":"error"/.test(body) ? 'well' : body.slice(0, 300));
    }
  });
  for (let turn = 0; turn < 4; turn++) {
    await writeFile(configFile, before.replace(/min_requests: \d+/, `min_requests: ${20_000 + turn}`));
    expect(await gateway.gateway.gateway.reload()).toMatchObject({ kind: 'swapped' });
  }
  isOver = true;
  await Promise.all(callers);
  expect(outcomes.filter((outcome) => outcome !== 'well')).toEqual([]);
  expect(outcomes.length).toBeGreaterThan(20);
});
