import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PublishedPrompt } from '../../../src/ai/fields/prompts/published-prompt.ts';
import { GatewayError } from '../../../src/errors/index.ts';
import { completion, start, startV1Server, streamOf, type V1Server } from './v1-server.ts';

function prompt(more: Partial<PublishedPrompt>): PublishedPrompt {
  return {
    subgraph: 'assistant',
    name: 'review-summary',
    alias: 'fast',
    inputSchema: {
      type: 'object',
      properties: { name: { type: 'string' } },
      required: ['name'],
      additionalProperties: false,
    },
    maxOutputTokens: 200,
    render: async (input) => ({
      messages: [{ role: 'user', content: [{ type: 'text', text: `Of ${String(input.name)}` }] }],
      output: { kind: 'text' },
    }),
    ...more,
  };
}

let server: V1Server;
beforeAll(async () => {
  server = await startV1Server({
    prompts: [
      prompt({}),
      prompt({ version: 3 }),
      prompt({ name: 'topics', outputSchema: { type: 'array', items: { type: 'string' } } }),
      prompt({ name: 'free', inputSchema: undefined }),
    ],
  });
});
afterAll(() => server.close());
beforeEach(() => {
  server.models.calls.length = 0;
  server.models.answer = completion({});
});

describe('a prompt as an API', () => {
  it('answers its text with model, usage and price', async () => {
    const response = await server.post('/prompts/review-summary', { input: { name: 'Kettle' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('isthmus-model')).toBe('test/model-1');
    expect(await response.json()).toMatchObject({
      output: 'Hello there.',
      model: 'test/model-1',
      finish_reason: 'stop',
      usage: { input_tokens: 10, output_tokens: 4 },
      cost_usd: '0.00014',
    });
    expect(server.models.calls[0]).toMatchObject({
      alias: 'fast',
      prompt: 'review-summary',
      request: { maxOutputTokens: 200, messages: [{ content: [{ text: 'Of Kettle' }] }] },
    });
  });

  it.each(['review-summary@3', 'review-summary%403', 'assistant/review-summary@3', 'assistant%2Freview-summary@3'])(
    'is found as %s',
    async (name) => {
      expect((await server.post(`/prompts/${name}`, { input: { name: 'Kettle' } })).status).toBe(200);
      expect(server.models.calls[0]?.prompt).toBe('review-summary@3');
    },
  );

  it('answers JSON that fits its output schema, and nothing else', async () => {
    server.models.answer = completion({ content: [{ type: 'text', text: '["heat","noise"]' }] });
    const fitting = await server.post('/prompts/topics', { input: { name: 'Kettle' } });
    expect(await fitting.json()).toMatchObject({ output: ['heat', 'noise'] });
    for (const text of ['{"a":1}', '[1]', 'no JSON']) {
      server.models.answer = completion({ content: [{ type: 'text', text }] });
      const response = await server.post('/prompts/topics', { input: { name: 'Kettle' } });
      expect(response.status).toBe(502);
      expect(await response.json()).toMatchObject({ error: { code: 'AI_OUTPUT_INVALID' } });
    }
  });

  it('reports a refusal as a refusal', async () => {
    server.models.answer = completion({ content: [], finishReason: 'refusal', refusal: 'No.' });
    const response = await server.post('/prompts/free', {});
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ error: { code: 'AI_OUTPUT_REFUSED' } });
  });

  it('streams pieces, then the whole; or an error and no whole', async () => {
    const asked = { input: { name: 'Kettle' }, stream: true };
    server.models.parts = streamOf([{ type: 'text_delta', index: 0, text: 'Hello there.' }]);
    const text = await (await server.post('/prompts/review-summary', asked)).text();
    expect(text).toContain('event: delta\ndata: {"text":"Hello there."}\n\n');
    expect(text).toMatch(/event: done\ndata: \{"output":"Hello there\.".*\n\n$/);
    server.models.parts = [
      start,
      { type: 'text_delta', index: 0, text: 'Hel' },
      { type: 'failed', error: new GatewayError('AI_STREAM_INCOMPLETE') },
    ];
    const broken = await (await server.post('/prompts/review-summary', asked)).text();
    expect(broken).toMatch(/event: error\ndata: .*AI_STREAM_INCOMPLETE.*\n\n$/);
    expect(broken).not.toContain('event: done');
  });

  it.each([
    ['review-summary', {}, 'input'],
    ['review-summary', { input: [] }, 'input'],
    ['review-summary', { input: {} }, 'input'],
    ['review-summary', { input: { name: 7 } }, 'input.name'],
    ['review-summary', { input: { name: 'a', other: 1 } }, 'input'],
    ['review-summary', { input: { name: 'a' }, model: 'smart' }, 'model'],
    ['review-summary', { input: { name: 'a' }, temperature: 2 }, 'temperature'],
    ['review-summary', { input: { name: 'a' }, stream: 'yes' }, 'stream'],
  ])('refuses %s %j, naming %s, and asks nothing', async (name, body, param) => {
    const response = await server.post(`/prompts/${name}`, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: 'AI_REQUEST_INVALID', param } });
    expect(server.models.calls).toEqual([]);
  });

  it.each(['none', 'review-summary@9', '..%2f..%2fetc', '__proto__', 'toString', '%E0%A4%A'])(
    'has no prompt called %s',
    async (name) => {
      const response = await server.post(`/prompts/${name}`, { input: {} });
      expect([400, 404]).toContain(response.status);
      expect(await response.json()).toMatchObject({ error: { param: null } });
      expect(server.models.calls).toEqual([]);
    },
  );

  it('is described by /v1/openapi.json with its input schema', async () => {
    const response = await fetch(`${server.url}/openapi.json`);
    const document = (await response.json()) as { openapi: string; paths: Record<string, Record<string, never>> };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths).sort()).toEqual([
      ...['/v1/chat/completions', '/v1/completions', '/v1/embeddings', '/v1/messages', '/v1/messages/count_tokens'],
      ...['/v1/models', '/v1/models/{id}', '/v1/moderations', '/v1/openapi.json', '/v1/prompts', '/v1/prompts/free'],
      ...['/v1/prompts/review-summary'],
      ...['/v1/prompts/review-summary@3', '/v1/prompts/topics', '/v1/responses'],
    ]);
    const body = (
      document as never as {
        paths: Record<string, { post: { requestBody: { content: Record<string, { schema: object }> } } }>;
      }
    ).paths['/v1/prompts/review-summary']?.post.requestBody.content['application/json']?.schema;
    const fits = new Ajv2020({ strict: false }).compile(body ?? false);
    expect(fits({ input: { name: 'Kettle' } })).toBe(true);
    expect(fits({ input: { name: 7 } })).toBe(false);
  });

  it('every path of the document is really served, by the method it says', async () => {
    const response = await fetch(`${server.url}/openapi.json`);
    const { paths } = (await response.json()) as { paths: Record<string, Record<string, unknown>> };
    for (const [path, operations] of Object.entries(paths)) {
      const [method] = Object.keys(operations);
      const url = `${server.url}${path.slice('/v1'.length).replace('{id}', 'fast')}`;
      const served = await fetch(
        url,
        method === 'post' ? { method, body: '{}', headers: { 'content-type': 'application/json' } } : {},
      );
      expect([200, 400], path).toContain(served.status);
    }
  });
});
