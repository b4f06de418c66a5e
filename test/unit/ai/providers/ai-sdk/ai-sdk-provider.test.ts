import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { type FailureKind, ProviderFailure } from '../../../../../src/ai/model-call/index.ts';
import { checkAiSdkPackage, createAiSdkProvider } from '../../../../../src/ai/providers/ai-sdk/ai-sdk-provider.ts';
import { apiKey, ask, bounds, closeAll, models, type Package, sendJson, serve } from '../../models/ai-sdk-endpoint.ts';

afterEach(closeAll);

const converse = {
  output: { message: { role: 'assistant', content: [{ text: 'Yes.' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 12, outputTokens: 5, totalTokens: 17 },
};

const message = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5-20251001',
  content: [{ type: 'text', text: 'Yes.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 12, output_tokens: 5, cache_read_input_tokens: 8, cache_creation_input_tokens: 2 },
};

async function failureOf(promise: Promise<unknown>): Promise<ProviderFailure> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ProviderFailure)) throw new Error(`expected a ProviderFailure, not ${inspect(error)}`);
  return error;
}

async function failing(name: Package, status: number, body: unknown, headers = {}): Promise<ProviderFailure> {
  const { provider } = await serve(name, (_call, response) => sendJson(response, body, status, headers));
  return failureOf(provider.complete(models[name], ask, bounds()));
}

describe('an answer', () => {
  it('has the model’s name, the request id of the headers and usage in which cache is part of the input', async () => {
    const { provider } = await serve('anthropic', (_call, response) =>
      sendJson(response, message, 200, { 'request-id': 'req_1' }),
    );
    expect(await provider.complete(models.anthropic, ask, bounds())).toEqual({
      content: [{ type: 'text', text: 'Yes.' }],
      finishReason: 'stop',
      usage: { inputTokens: 22, outputTokens: 5, cachedInputTokens: 8, cacheWriteTokens: 2, source: 'reported' },
      requestId: 'req_1',
      respondedModel: 'claude-haiku-4-5-20251001',
    });
  });

  it.each([
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'length'],
    ['stop_sequence', 'stop'],
    ['refusal', 'refusal'],
  ])('of Anthropic that ends with %s is %s', async (stop_reason, finishReason) => {
    const details = { stop_details: { type: 'refusal', category: 'cyber', explanation: 'I would rather not.' } };
    const { provider } = await serve('anthropic', (_call, response) =>
      sendJson(response, { ...message, stop_reason, ...(stop_reason === 'refusal' ? details : {}) }),
    );
    const answer = await provider.complete(models.anthropic, ask, bounds());
    expect(answer.finishReason).toBe(finishReason);
    expect(answer.refusal).toBe(stop_reason === 'refusal' ? 'I would rather not.' : undefined);
  });

  it.each([
    ['SAFETY', 'content_filter'],
    ['RECITATION', 'content_filter'],
    ['LANGUAGE', 'content_filter'],
    ['MAX_TOKENS', 'length'],
  ])('of Gemini that ends with %s is %s', async (finishReason, expected) => {
    const candidates = [{ content: { role: 'model', parts: [{ text: 'Ye' }] }, finishReason }];
    const { provider } = await serve('google', (_call, response) => sendJson(response, { candidates }));
    expect(await provider.complete(models.google, ask, bounds())).toMatchObject({
      finishReason: expected,
      usage: { source: 'estimated' },
    });
  });

  it('of Gemini that only blames the prompt is a failure of the content policy, with its usage', async () => {
    const body = { promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 7 } };
    const { provider } = await serve('google', (_call, response) => sendJson(response, body));
    expect(await failureOf(provider.complete(models.google, ask, bounds()))).toMatchObject({
      kind: 'content_policy',
      usage: { inputTokens: 7, outputTokens: 0, source: 'reported' },
    });
  });

  it('with a tool call that could not be written is a failure, and paid', async () => {
    const usageMetadata = { promptTokenCount: 7, candidatesTokenCount: 3 };
    const body = { candidates: [{ content: {}, finishReason: 'MALFORMED_FUNCTION_CALL' }], usageMetadata };
    const { provider } = await serve('google', (_call, response) => sendJson(response, body));
    expect(await failureOf(provider.complete(models.google, ask, bounds()))).toMatchObject({
      kind: 'malformed',
      usage: { inputTokens: 7, outputTokens: 3, source: 'reported' },
    });
  });

  it('of another form is malformed, its usage is counted, and it is not quoted', async () => {
    const body = { ...message, content: 'a secret of the model' };
    const { provider } = await serve('anthropic', (_call, response) => sendJson(response, body));
    const failure = await failureOf(provider.complete(models.anthropic, ask, bounds()));
    expect(failure).toMatchObject({ kind: 'malformed', usage: { inputTokens: 22, outputTokens: 5 } });
    expect(inspect(failure)).not.toContain('secret of the model');
  });
});

describe('a provider’s error', () => {
  const anthropic = (type: string, text: string) => ({ type: 'error', error: { type, message: text } });
  const cases: readonly [Package, number, unknown, FailureKind][] = [
    ['anthropic', 529, anthropic('overloaded_error', 'Overloaded'), 'overloaded'],
    ['anthropic', 402, anthropic('billing_error', 'Pay first'), 'unauthorized'],
    ['anthropic', 401, anthropic('authentication_error', 'invalid x-api-key'), 'unauthorized'],
    ['anthropic', 429, anthropic('rate_limit_error', 'Slow down'), 'rate_limited'],
    ['anthropic', 413, anthropic('request_too_large', 'Too large'), 'context_window'],
    ['anthropic', 404, anthropic('not_found_error', 'model: claude-9'), 'not_found'],
    [
      'anthropic',
      400,
      anthropic('invalid_request_error', 'prompt is too long: 200001 tokens > 200000 maximum'),
      'context_window',
    ],
    [
      'anthropic',
      400,
      anthropic('invalid_request_error', 'Your credit balance is too low to access the API'),
      'quota_exhausted',
    ],
    ['anthropic', 400, anthropic('invalid_request_error', 'messages: roles must alternate'), 'invalid_request'],
    ['anthropic', 504, anthropic('timeout_error', 'Too slow'), 'server_error'],
    [
      'google',
      400,
      { error: { code: 400, message: 'API key not valid. Please pass one.', status: 'INVALID_ARGUMENT' } },
      'unauthorized',
    ],
    [
      'google',
      400,
      {
        error: {
          code: 400,
          message: 'The input token count (9) exceeds the maximum number of tokens allowed (8).',
          status: 'INVALID_ARGUMENT',
        },
      },
      'context_window',
    ],
    ['google', 503, { error: { code: 503, message: 'The model is overloaded.', status: 'UNAVAILABLE' } }, 'overloaded'],
    ['google', 500, [{ error: { code: 500, message: 'Internal', status: 'INTERNAL' } }], 'server_error'],
    ['amazon-bedrock', 424, { message: 'The model failed.' }, 'server_error'],
    ['amazon-bedrock', 400, { message: 'Input is too long for requested model.' }, 'context_window'],
    ['amazon-bedrock', 403, { message: 'You do not have access.' }, 'unauthorized'],
    ['cohere', 498, { message: 'invalid token' }, 'invalid_request'],
    ['cohere', 422, { message: 'bad' }, 'invalid_request'],
    ['mistral', 422, { detail: [{ loc: ['body'], msg: 'bad' }] }, 'invalid_request'],
    ['mistral', 408, { object: 'error', message: 'late', type: 'x', param: null, code: null }, 'server_error'],
    ['mistral', 500, '<html>broken</html>', 'server_error'],
  ];
  it.each(cases.map(([name, status, body, kind]) => ({ name, status, body, kind })))(
    'of $name, $status, is $kind',
    async ({ name, status, body, kind }) => {
      expect(await failing(name, status, body)).toMatchObject({ kind, status, usage: undefined });
    },
  );

  it('reads retry-after in milliseconds, seconds and as a date', async () => {
    const body = anthropic('rate_limit_error', 'Slow down');
    expect((await failing('anthropic', 429, body, { 'retry-after-ms': '1500' })).retryAfterMs).toBe(1_500);
    expect((await failing('anthropic', 429, body, { 'retry-after': '7' })).retryAfterMs).toBe(7_000);
    const soon = new Date(Date.now() + 60_000).toUTCString();
    const { retryAfterMs = 0 } = await failing('anthropic', 429, body, { 'retry-after': soon });
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    expect((await failing('anthropic', 429, body, { 'retry-after': 'garbage 1' })).retryAfterMs).toBeUndefined();
  });

  it('has the request id, the provider’s words and no key, at any depth', async () => {
    const body = anthropic('authentication_error', `The key ${apiKey} is not known.`);
    const failure = await failing('anthropic', 401, body, { 'request-id': 'req_9' });
    expect(failure).toMatchObject({ requestId: 'req_9', detail: expect.stringContaining('is not known') });
    expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain(apiKey.slice(0, 12));
    const bedrock = await failing('amazon-bedrock', 403, { message: 'no' }, { 'x-amzn-requestid': 'amzn-1' });
    expect(bedrock.requestId).toBe('amzn-1');
  });

  it('has no credential of the settings either', async () => {
    const headers = { 'x-proxy-auth': 'proxy-password-of-ours', 'x-region': 'frankfurt-am-main' };
    const body = anthropic('permission_error', `not with ${Object.values(headers).join(' in ')}`);
    const { provider, calls } = await serve('anthropic', (_call, response) => sendJson(response, body, 403), {
      settings: { headers },
    });
    const { detail } = await failureOf(provider.complete(models.anthropic, ask, bounds()));
    expect(detail).toContain('not with [redacted] in frankfurt-am-main');
    expect(calls[0]?.headers).toMatchObject(headers);
  });

  it('is no connection where nobody listens', async () => {
    const { provider, close } = await serve('anthropic', (_call, response) => sendJson(response, message));
    await close();
    expect(await failureOf(provider.complete(models.anthropic, ask, bounds()))).toMatchObject({
      kind: 'connection',
      usage: undefined,
    });
  });

  it('is no redirect to follow', async () => {
    const { provider, calls } = await serve('anthropic', (_call, response) => {
      response.writeHead(307, { location: 'http://169.254.169.254/latest' }).end();
    });
    expect(await failureOf(provider.complete(models.anthropic, ask, bounds()))).toMatchObject({
      kind: 'malformed',
      status: 307,
    });
    expect(calls).toHaveLength(1);
  });
});

describe('a call', () => {
  it('ends with its deadline, and its usage is recorded as far as it is known', async () => {
    // The package is loaded with the first call, which may take longer than the deadline of the next one.
    const loaded = await serve('anthropic', (_call, response) => sendJson(response, message));
    await loaded.provider.complete(models.anthropic, ask, bounds());
    const { provider, firstCall } = await serve('anthropic', () => {});
    const failure = await failureOf(provider.complete(models.anthropic, ask, bounds(1_000)));
    expect(failure).toMatchObject({ kind: 'timeout', usage: { outputTokens: 0, source: 'estimated' } });
    await (await firstCall()).abandoned;
  });

  it('closes the provider’s connection when its caller leaves, and rejects with the caller’s reason', async () => {
    const { provider, firstCall } = await serve('google', () => {});
    const leaving = new AbortController();
    const answer = provider.complete(models.google, ask, bounds(10_000, leaving.signal));
    const call = await firstCall();
    const reason = new Error('left');
    leaving.abort(reason);
    await expect(answer).rejects.toBe(reason);
    await call.abandoned;
  });

  it('is not begun when it is too late', async () => {
    const { provider, calls } = await serve('anthropic', (_call, response) => sendJson(response, message));
    expect(await failureOf(provider.complete(models.anthropic, ask, bounds(0)))).toMatchObject({ kind: 'timeout' });
    await expect(provider.complete(models.anthropic, ask, bounds(1_000, AbortSignal.abort('gone')))).rejects.toBe(
      'gone',
    );
    expect(calls).toHaveLength(0);
  });

  it('reads no more than it may', async () => {
    const long = { ...message, content: [{ type: 'text', text: 'x'.repeat(5_000) }] };
    const { provider } = await serve('anthropic', (_call, response) => sendJson(response, long), { maxBytes: 2_000 });
    expect(await failureOf(provider.complete(models.anthropic, ask, bounds()))).toMatchObject({
      kind: 'malformed',
      detail: expect.stringContaining('2000 bytes'),
    });
  });
});

describe('keys', () => {
  it('are sent as they are numbered, each in its provider’s header', async () => {
    const { provider, calls } = await serve('anthropic', (_call, response) => sendJson(response, message), {
      keys: ['first-key-of-two', 'second-key-of-two'],
    });
    expect(provider.keys).toBe(2);
    for (const key of [1, 0, 1]) await provider.complete(models.anthropic, ask, { ...bounds(), key });
    expect(calls.map(({ headers }) => headers['x-api-key'])).toEqual([
      'second-key-of-two',
      'first-key-of-two',
      'second-key-of-two',
    ]);
    expect(calls[0]?.headers['user-agent']).toBe('isthmus');
  });

  it('and hosts are not taken from the environment', async () => {
    const environment = { ANTHROPIC_API_KEY: 'of-the-environment', AWS_BEARER_TOKEN_BEDROCK: 'of-the-environment' };
    Object.assign(process.env, environment);
    try {
      const { provider, calls } = await serve('anthropic', (_call, response) => sendJson(response, message), {
        keys: [],
      });
      await provider.complete(models.anthropic, ask, bounds());
      const bedrock = await serve('amazon-bedrock', (_call, response) => sendJson(response, converse), {
        keys: [],
        settings: { region: 'eu-central-1', accessKeyId: 'AKIATEST', secretAccessKey: 'very-secret-access-key' },
      });
      await bedrock.provider.complete(models['amazon-bedrock'], ask, bounds());
      expect(bedrock.calls[0]?.headers.authorization).toMatch(
        /^AWS4-HMAC-SHA256 Credential=AKIATEST\/.*\/eu-central-1\/bedrock/,
      );
      expect(inspect([calls[0]?.headers, bedrock.calls[0]?.headers])).not.toContain('of-the-environment');
    } finally {
      for (const name of Object.keys(environment)) delete process.env[name];
    }
  });

  it('of Bedrock are bearer tokens', async () => {
    const { provider, calls } = await serve('amazon-bedrock', (_call, response) => sendJson(response, converse));
    await provider.complete('arn:aws:bedrock:eu:1:profile/x', ask, bounds());
    expect(calls[0]?.headers.authorization).toBe(`Bearer ${apiKey}`);
    expect(calls[0]?.path).toBe(`/model/${encodeURIComponent('arn:aws:bedrock:eu:1:profile/x')}/converse`);
  });
});

describe('a package', () => {
  const folders: string[] = [];
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  function install(name: string, source: string): string {
    const folder = mkdtempSync(join(tmpdir(), 'isthmus-package-'));
    folders.push(folder);
    const place = join(folder, 'node_modules', name);
    mkdirSync(place, { recursive: true });
    const exports = { '.': { types: './index.d.ts', import: './main.js' } };
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name, type: 'module', exports }));
    writeFileSync(join(place, 'main.js'), source);
    return folder;
  }

  const provider = (name: string, resolveFrom: string) =>
    createAiSdkProvider({ name: 'other', package: name, keys: [apiKey], settings: {}, resolveFrom });

  it('that is not installed is reported at once and at the first call, with what to do', async () => {
    const sentence = 'the package @ai-sdk/nowhere is not installed: run "npm install @ai-sdk/nowhere"';
    expect(checkAiSdkPackage('@ai-sdk/nowhere', tmpdir())).toContain(sentence);
    expect(await failureOf(provider('@ai-sdk/nowhere', tmpdir()).complete('m', ask, bounds()))).toMatchObject({
      kind: 'unsupported',
      detail: expect.stringContaining(sentence),
    });
  });

  it('is found by its name only', () => {
    for (const path of ['../evil', '/tmp/evil', './x', 'file:///x', 'a/b/c', '@ai-sdk/../../x']) {
      expect(checkAiSdkPackage(path, tmpdir())).toContain('is not the name of a package');
    }
    for (const name of Object.keys(models)) expect(checkAiSdkPackage(`@ai-sdk/${name}`, tmpdir())).toBeUndefined();
  });

  const model = (answer: string) => `
    const usage = { inputTokens: {}, outputTokens: {} };
    const made = (settings) => ({ languageModel: (modelId) => ({
      specificationVersion: 'v4', modelId, provider: 'own', supportedUrls: {},
      async doStream() {
        await settings.fetch('http://127.0.0.1:1/', { method: 'POST', body: '{}' });
        return { stream: new ReadableStream({ start(c) { c.enqueue({ type: 'stream-start', warnings: [] }); c.close(); } }) };
      },
      async doGenerate() { ${answer} },
    }) });`;

  it('of the project is found beside supergraph.yaml, by the factory named after it', async () => {
    const answer = `return { content: [{ type: 'text', text: settings.apiKey.slice(0, 8) + modelId }],
      finishReason: { unified: 'stop', raw: 'done' }, usage, warnings: [] };`;
    const source = `${model(answer)}
      export const createAThing = () => { throw new Error('not this one'); };
      export const createOwnModels = made;`;
    const folder = install('own-models', source);
    expect(checkAiSdkPackage('own-models', folder)).toBeUndefined();
    expect(await provider('own-models', folder).complete('m1', ask, bounds())).toMatchObject({
      content: [{ type: 'text', text: 'key-testm1' }],
      finishReason: 'stop',
      usage: { source: 'estimated' },
    });
    expect(
      await failureOf(provider('own-models', folder).complete('m', { ...ask, user: 'u' }, bounds())),
    ).toMatchObject({
      kind: 'unsupported',
      detail: 'user',
    });
  });

  it('of an older specification, without a factory, or broken, is refused with a reason', async () => {
    const old = install(
      'old-models',
      `export const createOld = () => ({ languageModel: () => ({ specificationVersion: 'v2' }) });`,
    );
    const none = install('no-models', 'export const createNothing = () => ({});');
    const broken = install('broken-models', 'throw new Error("it does not load");');
    const cases = [
      ['old-models', old, 'version v2'],
      ['no-models', none, 'exports no create'],
      ['broken-models', broken, 'it does not load'],
    ] as const;
    for (const [name, folder, words] of cases) {
      expect(await failureOf(provider(name, folder).complete('m', ask, bounds()))).toMatchObject({
        kind: 'unsupported',
        detail: expect.stringContaining(words),
      });
    }
  });

  it('that bypasses the given fetch is never called', async () => {
    const source = `${model('throw new Error("called");').replace(/await settings\.fetch.*\n/, '\n')} export const createSly = made;`;
    const folder = install('sly', source);
    expect(await failureOf(provider('sly', folder).complete('m', ask, bounds()))).toMatchObject({
      kind: 'unsupported',
      detail: expect.stringContaining('does not use the fetch'),
    });
  });
});

describe('embeddings', () => {
  it('are requested in as many requests as the provider needs, in order', async () => {
    const { provider, calls } = await serve('cohere', (call, response) => {
      const float = call.body.texts.map((text: string) => Array.from({ length: 256 }, () => Number(text)));
      sendJson(response, { embeddings: { float }, meta: { billed_units: { input_tokens: float.length } } });
    });
    const texts = Array.from({ length: 100 }, (_, index) => String(index));
    const { vectors, usage } = await provider.embed('embed-v4.0', { texts, dimensions: 256 }, bounds());
    expect(vectors.map(([first]) => first)).toEqual(texts.map(Number));
    expect(calls.map(({ body }) => body.texts.length)).toEqual([96, 4]);
    expect(calls[0]?.body.output_dimension).toBe(256);
    expect(usage).toEqual({ inputTokens: 100, outputTokens: 0, source: 'reported' });
  });

  it('of Gemini, which counts nothing, are estimated', async () => {
    const { provider } = await serve('google', (call, response) =>
      sendJson(response, { embeddings: call.body.requests.map(() => ({ values: [1, 2] })) }),
    );
    const { vectors, usage } = await provider.embed('gemini-embedding-001', { texts: ['one', 'two'] }, bounds());
    expect(vectors).toEqual([Float32Array.of(1, 2), Float32Array.of(1, 2)]);
    expect(usage).toMatchObject({ outputTokens: 0, source: 'estimated' });
    expect(usage.inputTokens).toBeGreaterThan(0);
  });

  it('that fail halfway record the usage of earlier answers', async () => {
    let asked = 0;
    const { provider } = await serve('cohere', (call, response) => {
      asked += 1;
      if (asked > 1) sendJson(response, { message: 'slow down' }, 429);
      else
        sendJson(response, {
          embeddings: { float: call.body.texts.map(() => [1]) },
          meta: { billed_units: { input_tokens: 96 } },
        });
    });
    const texts = Array.from({ length: 97 }, () => 'x');
    expect(await failureOf(provider.embed('embed-v4.0', { texts }, bounds()))).toMatchObject({
      kind: 'rate_limited',
      usage: { inputTokens: 96, source: 'reported' },
    });
  });

  it('are refused where they are missing, of another length, or the provider has none', async () => {
    const { provider } = await serve('mistral', (_call, response) =>
      sendJson(response, { data: [{ embedding: [1, 2] }], usage: { prompt_tokens: 3 } }),
    );
    expect(await failureOf(provider.embed('mistral-embed', { texts: ['a', 'b'] }, bounds()))).toMatchObject({
      kind: 'malformed',
      usage: { inputTokens: 3 },
    });
    expect(await failureOf(provider.embed('mistral-embed', { texts: ['a'], dimensions: 3 }, bounds()))).toMatchObject({
      kind: 'unsupported',
    });
    expect(await failureOf(provider.embed('mistral-embed', { texts: ['a'], user: 'u' }, bounds()))).toMatchObject({
      kind: 'unsupported',
    });
    const anthropic = await serve('anthropic', (_call, response) => sendJson(response, message));
    expect(await failureOf(anthropic.provider.embed('x', { texts: ['a'] }, bounds()))).toMatchObject({
      kind: 'unsupported',
    });
  });
});
