import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PublishedPrompt } from '../../../src/ai/fields/prompts/published-prompt.ts';
import { startV1Server, type V1Server } from './v1-server.ts';

const summary: PublishedPrompt = {
  subgraph: 'assistant',
  name: 'summary',
  alias: 'fast',
  inputSchema: { type: 'object', required: ['name'] },
  maxOutputTokens: 10,
  render: async () => ({ messages: [], output: { kind: 'text' } }),
};

let server: V1Server;
beforeAll(async () => {
  server = await startV1Server({ prompts: [summary] });
});
afterAll(() => server.close());
beforeEach(() => {
  server.models.calls.length = 0;
  server.lines.length = 0;
});

const routes = [
  '/chat/completions',
  '/responses',
  '/embeddings',
  '/messages',
  '/messages/count_tokens',
  '/prompts/summary',
];

/** Invalid requests of any wire: the name, the bytes. */
const malformed: readonly (readonly [string, BodyInit])[] = [
  ['nothing', ''],
  ['no JSON', '{"model":'],
  ['null', 'null'],
  ['a number', '0'],
  ['a string', '"model"'],
  ['an array', '[]'],
  ['an empty object', '{}'],
  ['a byte order mark', '\ufeff{}'],
  ['cut UTF-8', new Uint8Array([0x7b, 0x22, 0xe2, 0x82])],
  ['100,000 brackets', '['.repeat(100_000)],
  ['100,000 nested arrays', `{"model":"fast","metadata":${'['.repeat(100_000)}${']'.repeat(100_000)}}`],
  ['a prototype', '{"model":"fast","__proto__":{"messages":[]}}'],
  ['a constructor', '{"model":"fast","constructor":{"prototype":{}}}'],
  ['a model that is an object', '{"model":{}}'],
  ['a model that is empty', '{"model":""}'],
];

const user = [{ role: 'user', content: 'Hi' }];
const chat = (more: object) => ({ model: 'fast', messages: user, ...more });
const said = (message: unknown) => ({ model: 'fast', messages: [message] });
const responses = (more: object) => ({ model: 'fast', input: 'Hi', ...more });
const anthropic = (more: object) => ({ model: 'fast', max_tokens: 10, messages: user, ...more });
const call = (more: object) => said({ role: 'assistant', tool_calls: [more] });

/** What each wire refuses: the body, the field it names. */
const wrong: readonly (readonly [string, object, string])[] = [
  ['/chat/completions', { model: 'fast' }, 'messages'],
  ['/chat/completions', { messages: user }, 'model'],
  ['/chat/completions', chat({ messages: [] }), 'messages'],
  ['/chat/completions', chat({ messages: 'Hi' }), 'messages'],
  ['/chat/completions', said(null), 'messages[0]'],
  ['/chat/completions', said({ content: 'x' }), 'messages[0].role'],
  ['/chat/completions', said({ role: 'root', content: 'x' }), 'messages[0].role'],
  ['/chat/completions', said({ role: 'user' }), 'messages[0].content'],
  ['/chat/completions', said({ role: 'user', content: 7 }), 'messages[0].content'],
  ['/chat/completions', said({ role: 'user', content: [{ type: 'text' }] }), 'messages[0].content[0].text'],
  ['/chat/completions', said({ role: 'user', content: [{ type: 'x' }] }), 'messages[0].content[0].type'],
  [
    '/chat/completions',
    said({ role: 'user', content: [{ type: 'image_url', image_url: { url: 'file:///etc/passwd' } }] }),
    'messages[0].content[0].image_url.url',
  ],
  [
    '/chat/completions',
    said({ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png,plain' } }] }),
    'messages[0].content[0].image_url.url',
  ],
  [
    '/chat/completions',
    said({ role: 'user', content: [{ type: 'file', file: { file_id: 'file-1' } }] }),
    'messages[0].content[0].file.file_id',
  ],
  [
    '/chat/completions',
    said({ role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'a', format: 'exe' } }] }),
    'messages[0].content[0].input_audio.format',
  ],
  ['/chat/completions', said({ role: 'tool', content: 'x' }), 'messages[0].tool_call_id'],
  ['/chat/completions', call({ type: 'function', function: { name: 'a' } }), 'messages[0].tool_calls[0].id'],
  ['/chat/completions', call({ id: 'a', function: { name: 'a b' } }), 'messages[0].tool_calls[0].function.name'],
  [
    '/chat/completions',
    call({ id: 'a', function: { name: 'a', arguments: {} } }),
    'messages[0].tool_calls[0].function.arguments',
  ],
  ['/chat/completions', chat({ temperature: 'hot' }), 'temperature'],
  ['/chat/completions', chat({ temperature: 3 }), 'temperature'],
  ['/chat/completions', chat({ top_p: -1 }), 'top_p'],
  ['/chat/completions', chat({ max_tokens: 0 }), 'max_tokens'],
  ['/chat/completions', chat({ max_completion_tokens: 1.5 }), 'max_completion_tokens'],
  ['/chat/completions', chat({ max_tokens: 1e300 }), 'max_tokens'],
  ['/chat/completions', chat({ stream: 'true' }), 'stream'],
  ['/chat/completions', chat({ stop: [1] }), 'stop'],
  ['/chat/completions', chat({ stop: Array(17).fill('a') }), 'stop'],
  ['/chat/completions', chat({ n: 9 }), 'n'],
  ['/chat/completions', chat({ n: 0 }), 'n'],
  ['/chat/completions', chat({ user: { name: 'x' } }), 'user'],
  ['/chat/completions', chat({ reasoning_effort: 'huge' }), 'reasoning_effort'],
  ['/chat/completions', chat({ response_format: 'json' }), 'response_format'],
  ['/chat/completions', chat({ response_format: { type: 'xml' } }), 'response_format.type'],
  ['/chat/completions', chat({ response_format: { type: 'json_schema' } }), 'response_format.json_schema'],
  [
    '/chat/completions',
    chat({ response_format: { type: 'json_schema', json_schema: { schema: {} } } }),
    'response_format.json_schema.name',
  ],
  ['/chat/completions', chat({ tools: {} }), 'tools'],
  ['/chat/completions', chat({ tools: [{ type: 'function' }] }), 'tools[0].function'],
  ['/chat/completions', chat({ tools: [{ type: 'web_search' }] }), 'tools[0].type'],
  ['/chat/completions', chat({ tools: [{ type: 'function', function: { name: '' } }] }), 'tools[0].function.name'],
  ['/chat/completions', chat({ tool_choice: 'always' }), 'tool_choice'],
  ['/chat/completions', chat({ service_tier: 'priority' }), 'service_tier'],
  ['/chat/completions', chat({ store: true }), 'store'],
  ['/chat/completions', chat({ web_search_options: {} }), 'web_search_options'],
  ['/chat/completions', chat({ api_base: 'http://169.254.169.254' }), 'api_base'],
  ['/chat/completions', chat({ base_url: 'http://evil.example' }), 'base_url'],
  ['/chat/completions', chat({ api_key: 'sk-1' }), 'api_key'],
  ['/chat/completions', chat({ extra_headers: { host: 'x' } }), 'extra_headers'],
  ['/responses', { model: 'fast' }, 'input'],
  ['/responses', responses({ input: [] }), 'input'],
  ['/responses', responses({ input: [1] }), 'input[0]'],
  [
    '/responses',
    responses({ input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }),
    'input[0].content[0].type',
  ],
  ['/responses', responses({ input: [{ type: 'item_reference', id: 'x' }] }), 'input[0].type'],
  ['/responses', responses({ input: [{ type: 'function_call', name: 'a' }] }), 'input[0].call_id'],
  [
    '/responses',
    responses({ input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }] }),
    'input[0].content[0].file_id',
  ],
  ['/responses', responses({ instructions: ['x'] }), 'instructions'],
  ['/responses', responses({ background: true }), 'background'],
  ['/responses', responses({ store: true }), 'store'],
  ['/responses', responses({ previous_response_id: 'resp_1' }), 'previous_response_id'],
  ['/responses', responses({ conversation: 'conv_1' }), 'conversation'],
  ['/responses', responses({ prompt: { id: 'p' } }), 'prompt'],
  ['/responses', responses({ service_tier: 'flex' }), 'service_tier'],
  ['/responses', responses({ text: { format: { type: 'yaml' } } }), 'text.format.type'],
  ['/responses', responses({ reasoning: { effort: 1 } }), 'reasoning.effort'],
  ...['file_search', 'code_interpreter', 'computer_use_preview', 'mcp', 'image_generation', 'web_search_preview'].map(
    (type): readonly [string, object, string] => ['/responses', responses({ tools: [{ type }] }), 'tools[0].type'],
  ),
  ['/embeddings', { model: 'fast' }, 'input'],
  ['/embeddings', { model: 'fast', input: [] }, 'input'],
  ['/embeddings', { model: 'fast', input: '' }, 'input'],
  ['/embeddings', { model: 'fast', input: [1, -2] }, 'input'],
  ['/embeddings', { model: 'fast', input: Array(2_049).fill('a') }, 'input'],
  ['/embeddings', { model: 'fast', input: 'a', dimensions: 0 }, 'dimensions'],
  ['/embeddings', { model: 'fast', input: 'a', encoding_format: 'hex' }, 'encoding_format'],
  ['/embeddings', { model: 'fast', input: 'a', input_type: 'query' }, 'input_type'],
  ['/messages', { model: 'fast', messages: user }, 'max_tokens'],
  ['/messages', anthropic({ messages: [] }), 'messages'],
  ['/messages', anthropic({ messages: [{ role: 'user', content: [] }] }), 'messages[0].content'],
  [
    '/messages',
    anthropic({ messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'file', file_id: 'f' } }] }] }),
    'messages[0].content[0].source.type',
  ],
  [
    '/messages',
    anthropic({ messages: [{ role: 'user', content: [{ type: 'container_upload' }] }] }),
    'messages[0].content[0].type',
  ],
  [
    '/messages',
    anthropic({ messages: [{ role: 'assistant', content: [{ type: 'server_tool_use' }] }] }),
    'messages[0].content[0].type',
  ],
  ['/messages', anthropic({ system: 7 }), 'system'],
  ['/messages', anthropic({ temperature: 1.5 }), 'temperature'],
  ['/messages', anthropic({ thinking: { type: 'enabled' } }), 'thinking.budget_tokens'],
  ['/messages', anthropic({ thinking: {} }), 'thinking.type'],
  ['/messages', anthropic({ tools: [{ name: 'a' }] }), 'tools[0].input_schema'],
  ['/messages', anthropic({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }), 'tools[0].type'],
  ['/messages', anthropic({ tools: [{ type: 'computer_20250124', name: 'computer' }] }), 'tools[0].type'],
  ['/messages', anthropic({ mcp_servers: [] }), 'mcp_servers'],
  ['/messages', anthropic({ container: 'c' }), 'container'],
  ['/messages', anthropic({ inference_geo: 'us' }), 'inference_geo'],
  ['/messages', anthropic({ service_tier: 'priority' }), 'service_tier'],
  ['/messages', anthropic({ haste: 'much' }), 'haste'],
  ['/messages/count_tokens', { model: 'fast', messages: [{ role: 'user' }] }, 'messages[0].content'],
  ['/prompts/summary', { input: 'x' }, 'input'],
  ['/prompts/summary', { input: { name: 'x' }, base_url: 'http://x' }, 'base_url'],
];

interface Refusal {
  readonly error: { readonly message: string; readonly type: string; readonly param?: string; readonly code?: string };
}

async function expectRefusal(response: Response, path: string): Promise<Refusal> {
  expect(response.status).toBeGreaterThanOrEqual(400);
  expect(response.status).toBeLessThan(500);
  const body = (await response.json()) as Refusal;
  expect(body.error.type).toBe('invalid_request_error');
  if (path.startsWith('/messages')) expect(body).toMatchObject({ type: 'error', request_id: expect.any(String) });
  else expect(body.error.code).toMatch(/^[A-Z_]+$/);
  expect(body.error.message).not.toMatch(/\.ts|node_modules|at Object|undefined/);
  expect(server.models.calls).toEqual([]);
  expect(server.lines.join('')).not.toContain('unexpectedly');
  return body;
}

describe('a malformed request is refused in its wire’s form, and nothing is asked', () => {
  it.each(routes.flatMap((path) => malformed.map(([name, body]) => ({ path, name, body }))))(
    '$path: $name',
    async ({ path, body }) => {
      const headers = { 'content-type': 'application/json' };
      await expectRefusal(await fetch(server.url + path, { method: 'POST', headers, body }), path);
    },
  );

  it.each(wrong)('%s: %j names %s', async (path, body, param) => {
    const refusal = await expectRefusal(await server.post(path, body), path);
    if (path.startsWith('/messages')) expect(refusal.error.message).not.toBe('');
    else expect(refusal.error.param).toBe(param);
  });

  it.each([
    undefined,
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-7',
  ])('a body as %s is 415', async (type) => {
    const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
    const body = new Blob([JSON.stringify(chat({}))]);
    const response = await fetch(`${server.url}/chat/completions`, { method: 'POST', headers, body });
    expect(response.status).toBe(415);
    await expectRefusal(response, '/chat/completions');
  });

  it.each([
    ['gzip', 400],
    ['compress', 415],
  ])('a body that says it is %s and is not is %i, coded', async (encoding, status) => {
    const response = await server.post('/chat/completions', chat({}), { 'content-encoding': encoding });
    expect(response.status).toBe(status);
    expect(await response.text()).toContain('"error"');
  });
});
