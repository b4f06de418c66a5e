import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { FailureKind } from '../../../../src/ai/model-call/index.ts';
import {
  failureOfAnswer,
  failureOfError,
  retryAfterOf,
} from '../../../../src/ai/wires/shared/read-provider-failure.ts';
import { chatCompletion, sendJson } from './chat-endpoint.ts';
import { apiKey, called, failureOf, serve, text } from './openai-serve.ts';

const openAi = (message: string, code: string | number | null = null, type = 'invalid_request_error') => ({
  error: { message, type, param: null, code },
});

const statuses: readonly (readonly [what: string, status: number, body: unknown, kind: FailureKind])[] = [
  ['too many requests', 429, openAi('Slow down.', 'rate_limit_exceeded', 'requests'), 'rate_limited'],
  ['too many requests, as a text', 429, { error: 'slow down' }, 'rate_limited'],
  [
    'a spent quota',
    429,
    openAi('You exceeded your quota.', 'insufficient_quota', 'insufficient_quota'),
    'quota_exhausted',
  ],
  [
    'tokens a minute',
    429,
    openAi('Request too large: reduce the length', 'rate_limit_exceeded', 'tokens'),
    'rate_limited',
  ],
  ['a wrong key', 401, openAi('Incorrect API key provided', 'invalid_api_key'), 'unauthorized'],
  ['no money', 402, { error: { message: 'Insufficient Balance' } }, 'unauthorized'],
  ['no permission', 403, openAi('You are not allowed to sample from this model'), 'unauthorized'],
  ['xAI’s guidelines', 403, { error: 'Content violates usage guidelines.' }, 'content_policy'],
  ['no such model', 404, openAi('The model `x` does not exist', 'model_not_found'), 'not_found'],
  ['no such model, with 400', 400, openAi('no such model', 'model_not_found'), 'not_found'],
  ['Ollama’s missing model', 404, { error: 'model "llama" not found' }, 'not_found'],
  ['a parameter the model lacks', 400, openAi('Unsupported parameter', 'unsupported_parameter'), 'unsupported_value'],
  ['Mistral’s validation', 422, { detail: [{ loc: ['body', 'n'], msg: 'extra' }] }, 'invalid_request'],
  ['a long conversation', 400, openAi('too long', 'context_length_exceeded'), 'context_window'],
  [
    'vLLM’s long conversation',
    400,
    openAi("This model's maximum context length is 8192 tokens.", 400),
    'context_window',
  ],
  [
    'Mistral’s',
    400,
    { object: 'error', message: 'Prompt contains 40 tokens, too large for model with 32 maximum context length' },
    'context_window',
  ],
  [
    'llama.cpp’s',
    400,
    openAi('the request exceeds the available context size', 400, 'exceed_context_size_error'),
    'context_window',
  ],
  ['a body that is too large', 413, { error: { message: 'Request too large' } }, 'context_window'],
  [
    'Azure’s filter',
    400,
    { error: { message: 'filtered', code: 'content_filter', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
    'content_policy',
  ],
  ['DeepSeek’s filter', 400, openAi('Content Exists Risk'), 'content_policy'],
  ['a timeout', 408, openAi('timeout'), 'server_error'],
  ['a conflict', 409, openAi('conflict'), 'server_error'],
  ['an internal error', 500, openAi('Server error', null, 'server_error'), 'server_error'],
  ['a page', 502, '<html><h1>Bad gateway</h1></html>', 'server_error'],
  ['overload', 503, openAi('overloaded'), 'overloaded'],
  ['overload by another number', 529, openAi('overloaded'), 'overloaded'],
  ['an unknown 4xx', 418, 'teapot', 'invalid_request'],
  ['a redirect', 307, '', 'malformed'],
];

describe('an HTTP status', () => {
  it.each(statuses)('of %s (%i) is its kind of failure', (_what, status, body, kind) => {
    const failure = failureOfAnswer(
      { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) },
      [],
    );
    expect([failure.kind, failure.status]).toEqual([kind, status]);
    expect(failure.detail).toMatch(new RegExp(`^${status}`));
    expect(failure.detail).not.toContain('<html>');
  });

  it('is reported with the provider’s code and message, once', async () => {
    const { provider, calls } = await serve((_call, response) => {
      response.setHeader('x-request-id', 'req_7');
      sendJson(response, openAi('You exceeded your quota.', 'insufficient_quota'), 429);
    });
    const failure = await failureOf(provider.complete('gpt-test', text, called()));
    expect(failure.detail).toBe('429 insufficient_quota You exceeded your quota.');
    expect(failure.requestId).toBe('req_7');
    expect(calls).toHaveLength(1);
  });

  it('never contains a key, whatever the provider echoes', async () => {
    const other = 'another-key-0123456789abcdef';
    const message = `Incorrect API key provided: ${apiKey.slice(0, 12)}*****${apiKey.slice(-4)}. You sent ${apiKey} (Bearer ${apiKey}), ending ${apiKey.slice(-10)}, not ${other}.`;
    const { provider } = await serve((_call, response) => sendJson(response, openAi(message, 'invalid_api_key'), 401), {
      keys: [apiKey, other],
    });
    const failure = await failureOf(provider.complete('gpt-test', text, called()));
    expect(failure.detail).toMatch(/^401 invalid_api_key Incorrect API key provided/);
    const everything = inspect(failure, { depth: 20, showHidden: true });
    for (const piece of [apiKey, other, apiKey.slice(0, 12), apiKey.slice(-10), apiKey.slice(-4)]) {
      expect(everything).not.toContain(piece);
    }
  });
});

describe('an error inside an answer of HTTP 200', () => {
  it.each<readonly [unknown, FailureKind]>([
    [openAi('quota', 'insufficient_quota'), 'quota_exhausted'],
    [{ type: 'error', code: 'rate_limit_exceeded', message: 'slow' }, 'rate_limited'],
    [{ error: { code: 429, message: 'Rate limited upstream' } }, 'rate_limited'],
    [{ error: { code: 502, message: 'Provider returned error' } }, 'server_error'],
    [{ error: { code: 'content_filter', message: 'filtered' } }, 'content_policy'],
    [{ error: { code: 'context_length_exceeded', message: 'long' } }, 'context_window'],
    [{ error: { type: 'overloaded_error', message: 'busy' } }, 'overloaded'],
    [{ error: { message: 'The server had an error', type: 'server_error' } }, 'server_error'],
    [{ error: 'Network connection lost.' }, 'server_error'],
  ])('%j is its kind of failure', (body, kind) => {
    expect(failureOfError(body, []).kind).toBe(kind);
  });

  it('is a failure of the call', async () => {
    const { provider } = await serve((_call, response) =>
      sendJson(response, { error: { message: 'busy', code: 503 } }),
    );
    expect(await failureOf(provider.complete('gpt-test', text, called()))).toMatchObject({
      kind: 'overloaded',
      status: 503,
    });
  });
});

describe('the retry-after of a provider', () => {
  it.each<readonly [Readonly<Record<string, string>>, number | undefined]>([
    [{ 'retry-after-ms': '1500' }, 1_500],
    [{ 'retry-after-ms': '12.5', 'retry-after': '60' }, 13],
    [{ 'x-ms-retry-after-ms': '250' }, 250],
    [{ 'retry-after': '2' }, 2_000],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after-ms': '-5' }, undefined],
    [{ 'retry-after-ms': 'NaN', 'retry-after': '3' }, 3_000],
    [{}, undefined],
  ])('%j is %s milliseconds', (headers, expected) => {
    expect(retryAfterOf(headers)).toBe(expected);
  });

  it('may be a date', async () => {
    const { provider } = await serve((_call, response) => {
      response.setHeader('retry-after', new Date(Date.now() + 30_000).toUTCString());
      sendJson(response, openAi('Slow down.'), 429);
    });
    const { retryAfterMs = 0 } = await failureOf(provider.complete('gpt-test', text, called()));
    expect(retryAfterMs).toBeGreaterThan(25_000);
    expect(retryAfterMs).toBeLessThanOrEqual(30_000);
  });

  it('may be in the body, as in Gemini’s compatible endpoint', () => {
    const details = [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' }];
    const body = JSON.stringify([{ error: { code: 429, message: 'quota', status: 'RESOURCE_EXHAUSTED', details } }]);
    expect(failureOfAnswer({ status: 429, headers: {}, body }, [])).toMatchObject({
      kind: 'rate_limited',
      retryAfterMs: 34_400,
    });
  });
});

describe('an endpoint that does not answer the wire', () => {
  it.each([
    ['malformed JSON', 'application/json', '{"choices": [', /JSON/],
    ['a page', 'text/html', '<html></html>', /JSON/],
    ['no choice', 'application/json', '{"choices":[]}', /holds no choice/],
    ['another shape', 'application/json', '{"choices":"x"}', /holds no choice/],
    ['null', 'application/json', 'null', /holds no choice/],
    ['nothing', 'application/json', '', /JSON/],
    [
      'a tool without a name',
      'application/json',
      '{"choices":[{"message":{"tool_calls":[{"id":"c"}]}}]}',
      /function name/,
    ],
  ])('but %s is malformed', async (_what, type, body, detail) => {
    const { provider } = await serve((_call, response) => response.writeHead(200, { 'content-type': type }).end(body));
    const failure = await failureOf(provider.complete('gpt-test', text, called()));
    expect([failure.kind, failure.detail]).toEqual(['malformed', expect.stringMatching(detail)]);
  });

  it('is not followed when it redirects: the key is sent to its host only', async () => {
    const elsewhere = await serve((_call, response) => sendJson(response, chatCompletion({ content: 'mine now' })));
    const { provider } = await serve((_call, response) =>
      response.writeHead(307, { location: `${elsewhere.baseUrl}/chat/completions` }).end(),
    );
    const failure = await failureOf(provider.complete('gpt-test', text, called()));
    expect([failure.kind, failure.detail]).toEqual(['malformed', expect.stringMatching(/redirect/)]);
    expect(elsewhere.calls).toEqual([]);
  });

  it('cannot fill the memory: an answer above the limit is not read, with or without content-length', async () => {
    const large = JSON.stringify(chatCompletion({ content: 'x'.repeat(5_000) }));
    for (const headers of [{}, { 'content-length': String(large.length) }]) {
      const { provider } = await serve((_call, response) => response.writeHead(200, headers).end(large), {
        maxBytes: 2_000,
      });
      const failure = await failureOf(provider.complete('gpt-test', text, called()));
      expect([failure.kind, failure.detail]).toEqual(['malformed', 'the answer is larger than 2000 bytes']);
    }
  });

  it('is aborted at the deadline, before its headers and in the middle of its answer', async () => {
    const silent = await serve(() => {});
    const arrived = silent.nextCall();
    expect((await failureOf(silent.provider.complete('gpt-test', text, called({ milliseconds: 500 })))).kind).toBe(
      'timeout',
    );
    await (await arrived).abandoned;
    const { provider } = await serve((_call, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).write('{"choices":');
    });
    expect(await failureOf(provider.complete('gpt-test', text, called({ milliseconds: 500 })))).toMatchObject({
      kind: 'timeout',
      detail: 'the deadline passed',
    });
  });

  it('is a broken connection when it cuts its answer or nobody listens there', async () => {
    const cut = await serve((_call, response) => {
      response.writeHead(200, { 'content-length': '500' });
      response.write('{"choices":', () => response.destroy());
    });
    expect((await failureOf(cut.provider.complete('gpt-test', text, called()))).kind).toBe('connection');
    const { provider, close } = await serve(() => {});
    await close();
    expect(await failureOf(provider.complete('gpt-test', text, called()))).toMatchObject({
      kind: 'connection',
      detail: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  it('is malformed if it claims an encoding that it does not have', async () => {
    const { provider, calls } = await serve((_call, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('xxxx'),
    );
    expect((await failureOf(provider.complete('gpt-test', text, called()))).kind).toBe('malformed');
    expect(calls[0]?.headers['accept-encoding']).toBe('identity');
  });
});
