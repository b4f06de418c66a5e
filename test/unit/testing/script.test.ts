import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { type ErrorAnswer, htmlPage, redirectTo } from '../../../src/testing.ts';
import { ask, start, type TestedWire, wires } from './provider.ts';

const contentOf = async (response: Response) => {
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  return choices[0]?.message.content;
};
const withKey = (key: string): RequestInit => ({ headers: { authorization: `Bearer ${key}` } });
const withModel = (model: string): RequestInit => ({ body: JSON.stringify({ model }) });

describe('a script', () => {
  it('returns one-time replies first and in order, then the permanent one', async () => {
    const provider = await start({ respond: { text: 'standing' } });
    provider.script([{ text: 'first' }, { text: 'second' }]);
    provider.script({ text: 'third' });
    expect(provider.pendingReplies).toBe(3);
    const said: unknown[] = [];
    for (let call = 0; call < 5; call++) said.push(await contentOf(await ask(provider)));
    expect(said).toEqual(['first', 'second', 'third', 'standing', 'standing']);
    expect(provider.pendingReplies).toBe(0);
  });

  it('may apply to one key, one model, one wire', async () => {
    const provider = await start();
    provider.script({ text: 'for key a' }, { key: 'a' });
    provider.respond({ text: 'for model m' }, { model: 'm' });
    provider.respond({ text: 'for responses' }, { wire: 'openai-responses' });
    expect(await contentOf(await ask(provider, 'openai-chat', 'whole', withModel('m')))).toBe('for model m');
    expect(await contentOf(await ask(provider, 'openai-chat', 'whole', withKey('b')))).toMatch(/^This is a scripted/);
    expect(await contentOf(await ask(provider, 'openai-chat', 'whole', withKey('a')))).toBe('for key a');
    expect(await (await ask(provider, 'openai-responses')).text()).toContain('for responses');
  });

  it('may be a function of the request, also async; without an answer the older reply applies', async () => {
    const provider = await start({ respond: { text: 'older' } });
    provider.respond(async ({ body, number, key }) => {
      await Promise.resolve();
      return key === 'a' ? { text: `${number}: ${(body as { model: string }).model}` } : undefined;
    });
    expect(await contentOf(await ask(provider, 'openai-chat', 'whole', withKey('a')))).toBe('0: model-x');
    expect(await contentOf(await ask(provider, 'openai-chat', 'whole', withKey('b')))).toBe('older');
  });

  it('is cleared with the received requests on reset', async () => {
    const provider = await start({ respond: { text: 'from the start' } });
    provider.script({ text: 'once' });
    provider.respond({ text: 'later' });
    await ask(provider);
    provider.script({ text: 'twice' });
    provider.reset();
    expect(provider.requests).toEqual([]);
    expect(await contentOf(await ask(provider))).toBe('from the start');
    expect(provider.requests[0]?.number).toBe(0);
  });
});

describe('what arrives', () => {
  it('can be awaited, and is stored up to a bound', async () => {
    const provider = await start({ maxRequests: 2 });
    const arrived = provider.waitForRequests(2);
    await ask(provider);
    await ask(provider, 'anthropic-messages');
    expect((await arrived).map(({ wire }) => wire)).toEqual(['openai-chat', 'anthropic-messages']);
    await ask(provider, 'gemini-generate');
    expect(provider.requests.map(({ number }) => number)).toEqual([1, 2]);
    await expect(provider.waitForRequests(4, 20)).rejects.toThrow('3 of 4 requests arrived within 20 ms');
  });

  it('is recognised from each way to send a key', async () => {
    const provider = await start();
    for (const name of ['x-api-key', 'api-key', 'x-goog-api-key']) {
      await ask(provider, 'openai-chat', 'whole', { headers: { [name]: name } });
    }
    await fetch(`${provider.geminiBaseUrl}/models/g:generateContent?key=in-the-query`, { method: 'POST', body: '{}' });
    await fetch(`${provider.url}/openai/deployments/gpt-x/chat/completions?api-version=1`, {
      method: 'POST',
      body: 'no JSON',
    });
    expect(provider.requests.map(({ key }) => key)).toEqual([
      'x-api-key',
      'api-key',
      'x-goog-api-key',
      'in-the-query',
      undefined,
    ]);
    expect(provider.requests[4]).toMatchObject({ model: 'gpt-x', body: 'no JSON', query: 'api-version=1' });
  });

  it('is counted while it is being answered: 200 calls at once', async () => {
    const provider = await start({ faults: { delayMs: 40 } });
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(provider)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(provider.requests).toHaveLength(200);
    expect(provider.peakInFlight).toBeGreaterThan(20);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect(await Promise.all(provider.requests.map(({ ended }) => ended))).toEqual(Array(200).fill('answered'));
    expect(provider.inFlight).toBe(0);
  });

  it('that is unknown is 404', async () => {
    const provider = await start();
    expect((await fetch(`${provider.url}/v1/audio/speech`, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${provider.url}/v1/chat/completions`)).status).toBe(404);
    expect(provider.requests.map(({ wire }) => wire)).toEqual(['unknown', 'unknown']);
  });
});

describe('an error', () => {
  const statuses = [400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 503, 529];
  const some = expect.any(String);
  const shapes: Readonly<Record<TestedWire, (status: number) => object>> = {
    'openai-chat': () => ({ error: { message: some, type: some } }),
    'openai-responses': () => ({ error: { message: some, type: some } }),
    'anthropic-messages': () => ({ type: 'error', error: { type: some, message: some }, request_id: some }),
    'gemini-generate': (code) => ({ error: { code, message: some, status: some } }),
    'bedrock-converse': () => ({ message: some }),
    'cohere-chat': () => ({ message: some }),
  };

  it.each(wires)("has its status and the vendor's body, streamed or not: %s", async (wire) => {
    const provider = await start();
    for (const status of statuses) {
      provider.script([{ error: { status } }, { error: { status } }]);
      for (const form of ['whole', 'stream'] as const) {
        const response = await ask(provider, wire, form);
        expect(response.status).toBe(status);
        expect(response.headers.get('content-type')).toBe('application/json');
        expect(await response.json()).toMatchObject(shapes[wire](status));
      }
    }
  });

  it.each<[ErrorAnswer, Record<string, unknown>]>([
    [{ status: 401 }, { status: 401, code: 'invalid_api_key' }],
    [{ status: 404 }, { status: 404, code: 'model_not_found' }],
    [{ status: 429 }, { status: 429, code: 'rate_limit_exceeded' }],
    [
      { status: 429, code: 'insufficient_quota' },
      { status: 429, code: 'insufficient_quota', type: 'insufficient_quota' },
    ],
    [
      { status: 400, code: 'context_length_exceeded' },
      { code: 'context_length_exceeded', param: 'messages' },
    ],
    [
      { status: 400, code: 'content_filter', message: 'No.' },
      { code: 'content_filter', message: '400 No.' },
    ],
  ])("reaches OpenAI's SDK: %j", async (error, expected) => {
    const provider = await start({ respond: { error } });
    const client = new OpenAI({ baseURL: provider.openAiBaseUrl, apiKey: 'sk', maxRetries: 0 });
    const call = client.chat.completions.create({ model: 'm', messages: [] });
    await expect(call).rejects.toMatchObject(expected);
  });

  it.each([
    [{ status: 529 }, 'overloaded_error'],
    [{ status: 402, code: 'insufficient_quota' }, 'billing_error'],
    [{ status: 400, code: 'context_length_exceeded' }, 'invalid_request_error'],
  ])("reaches Anthropic's SDK: %j", async (error, type) => {
    const provider = await start({ respond: { error } });
    const client = new Anthropic({ baseURL: provider.anthropicBaseUrl, apiKey: 'sk', maxRetries: 0 });
    const call = client.messages.create({ model: 'm', max_tokens: 1, messages: [] });
    await expect(call).rejects.toMatchObject({ status: error.status, error: { error: { type } } });
  });

  it.each([
    [{ retryAfter: 2 }, { 'retry-after': '2' }],
    [{ retryAfter: new Date('2026-11-21T10:00:00Z') }, { 'retry-after': 'Sat, 21 Nov 2026 10:00:00 GMT' }],
    [{ retryAfter: 'soon, perhaps' }, { 'retry-after': 'soon, perhaps' }],
    [{ retryAfterMs: 150 }, { 'retry-after-ms': '150' }],
    [{ headers: { 'x-should-retry': 'false' } }, { 'x-should-retry': 'false' }],
  ])('has retry-after: %j', async (more, expected) => {
    const response = await ask(await start({ respond: { error: { status: 429, ...more } } }));
    expect(Object.fromEntries(response.headers)).toMatchObject(expected);
  });

  it("has retry-after in Google's form", async () => {
    const provider = await start({ respond: { error: { status: 429, retryDelay: '34.4s' } } });
    const response = await ask(provider, 'gemini-generate');
    expect(response.headers.get('retry-after')).toBeNull();
    expect(await response.json()).toMatchObject({
      error: {
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }],
      },
    });
  });

  it('may be no JSON at all: a page, a redirect, anything', async () => {
    const provider = await start();
    provider.script([htmlPage(503), redirectTo('http://127.0.0.1:9/v1'), { body: '{"choices":[{', status: 200 }]);
    const page = await ask(provider);
    expect([page.status, page.headers.get('content-type')]).toEqual([503, 'text/html; charset=utf-8']);
    expect(await page.text()).toContain('<h1>503');
    const redirect = await ask(provider);
    expect([redirect.status, redirect.headers.get('location')]).toEqual([307, 'http://127.0.0.1:9/v1']);
    expect(await (await ask(provider)).text()).toBe('{"choices":[{');
  });

  it('may come late and broken like any answer', async () => {
    const faults = { delayMs: 20, stop: { at: { afterBytes: 10 } } } as const;
    const response = await ask(await start({ respond: { error: { status: 500 }, faults } }));
    expect(response.status).toBe(500);
    await expect(response.text()).rejects.toThrow('terminated');
  });
});

describe('keys and rates', () => {
  it('only the configured keys are accepted', async () => {
    const provider = await start({ keys: ['good'] });
    expect((await ask(provider, 'openai-chat', 'whole', withKey('good'))).status).toBe(200);
    expect((await ask(provider, 'openai-chat', 'whole', withKey('bad'))).status).toBe(401);
    expect((await ask(provider)).status).toBe(401);
  });

  it('each key has a number of requests per window, and retry-after names the next window', async () => {
    const provider = await start({ rateLimit: { requests: 2, perMs: 1_000 } });
    provider.script({ text: 'kept for an answer' });
    const call = () => ask(provider, 'openai-chat', 'whole', withKey('a'));
    expect(await contentOf(await call())).toBe('kept for an answer');
    provider.script({ text: 'not used up by a refusal' });
    expect((await ask(provider, 'openai-chat', 'whole', withKey('b'))).status).toBe(200);
    provider.reset();
    expect([(await call()).status, (await call()).status]).toEqual([200, 200]);
    provider.script({ text: 'not used up by a refusal' });
    const refused = await call();
    expect(refused.status).toBe(429);
    expect(provider.pendingReplies).toBe(1);
    const waitMs = Number(refused.headers.get('retry-after-ms'));
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(1_000);
    expect(refused.headers.get('retry-after')).toBe('1');
    await new Promise((resolve) => setTimeout(resolve, waitMs + 1));
    expect((await call()).status).toBe(200);
    provider.limitRate(undefined);
    for (let more = 0; more < 5; more++) expect((await call()).status).toBe(200);
  });
});
