/**
 * Guardrails cannot be bypassed by the position of a text: in a message form of one wire only, in a name, in a field
 * that is passed on unchanged, in an additional choice of an answer, in fields besides its text.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';

const mail = 'ann.example@mail.example';
const hi = { role: 'user', content: 'Hi' };

let gateway: V1Gateway;
beforeAll(async () => {
  gateway = await startV1Gateway({
    ai: ({ openAiBaseUrl }) => `  providers:
    c: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k }
    r: { kind: openai, wire: responses, base_url: "${openAiBaseUrl}", api_key: k }
  models: { chat: { targets: [c/m], retries: 0 }, responses: { targets: [r/m], retries: 0 } }
  prices: { c/m: { free: true }, r/m: { free: true } }
  guardrails: { pii: { mode: mask, kinds: [email] }, patterns: { blocked: [{ name: code_word, pattern: "(?i)swordfish" }] } }
`,
  });
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => gateway.provider.reset());

const call = { id: 'a', type: 'function', function: { name: 'send', arguments: JSON.stringify({ to: mail }) } };

describe('personal data reaches no provider', () => {
  it.each<[string, object]>([
    ['a system message', { messages: [{ role: 'system', content: mail }, hi] }],
    [
      'a developer message in parts',
      { messages: [{ role: 'developer', content: [{ type: 'text', text: mail }] }, hi] },
    ],
    ['an earlier message', { messages: [{ role: 'user', content: mail }, { role: 'assistant', content: 'Yes?' }, hi] }],
    ['an answer of the assistant', { messages: [{ role: 'assistant', content: mail }, hi] }],
    ['a refusal of the assistant', { messages: [{ role: 'assistant', refusal: mail }, hi] }],
    [
      'a tool call',
      { messages: [hi, { role: 'assistant', tool_calls: [call] }, { role: 'tool', tool_call_id: 'a', content: 'x' }] },
    ],
    [
      'a tool’s result',
      {
        messages: [
          hi,
          { role: 'assistant', tool_calls: [{ ...call, function: { name: 'send', arguments: '{}' } }] },
          { role: 'tool', tool_call_id: 'a', content: mail },
        ],
      },
    ],
    ['the message of a function', { messages: [{ role: 'function', name: 'x', content: mail }, hi] }],
    [
      'a function call of the older form',
      {
        messages: [
          { role: 'assistant', content: null, function_call: { name: 'x', arguments: `{"to":"${mail}"}` } },
          hi,
        ],
      },
    ],
    [
      'a custom call',
      {
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'a', type: 'custom', custom: { name: 'x', input: mail } }] },
          hi,
        ],
      },
    ],
    ['the name of who speaks', { messages: [{ ...hi, name: mail }] }],
    [
      'the name of a file',
      {
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'Hi' },
              { type: 'file', file: { filename: mail, file_data: 'data:text/plain;base64,aGk=' } },
            ],
          },
        ],
      },
    ],
    ['the end user', { messages: [hi], user: mail }],
    ['the end user by another name', { messages: [hi], safety_identifier: mail }],
    ['metadata', { messages: [hi], metadata: { to: mail } }],
    ['a prediction', { messages: [hi], prediction: { type: 'content', content: mail } }],
    ['a field nobody knows', { messages: [hi], newer: { deep: [{ text: mail }] } }],
  ])('by %s of a chat', async (_where, body) => {
    for (const stream of [false, true]) {
      const response = await gateway.post('/chat/completions', { model: 'chat', stream, ...body });
      const text = await response.text();
      if (response.status !== 200)
        expect(JSON.parse(text)).toMatchObject({ error: { code: 'AI_REQUEST_UNSUPPORTED' } });
    }
    expect(JSON.stringify(gateway.provider.requests.map((request) => request.body))).not.toContain('ann.example');
  });

  it.each<[string, object]>([
    ['instructions', { instructions: mail, input: 'Hi' }],
    ['input', { input: mail }],
    [
      'a call’s output',
      {
        input: [
          hi,
          { type: 'function_call', call_id: 'a', name: 'x', arguments: '{}' },
          { type: 'function_call_output', call_id: 'a', output: mail },
        ],
      },
    ],
    ['reasoning', { input: [{ type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: mail }] }, hi] }],
    ['an item of a tool that runs elsewhere', { input: [{ type: 'web_search_call', id: 'x', query: mail }, hi] }],
    ['a custom call’s output', { input: [{ type: 'custom_tool_call_output', call_id: 'x', output: mail }, hi] }],
    ['metadata', { input: 'Hi', metadata: { to: mail } }],
  ])('by %s of a response', async (_where, body) => {
    for (const stream of [false, true]) {
      const response = await gateway.post('/responses', { model: 'responses', stream, ...body });
      const text = await response.text();
      if (response.status !== 200)
        expect(JSON.parse(text)).toMatchObject({ error: { code: 'AI_REQUEST_UNSUPPORTED' } });
    }
    expect(JSON.stringify(gateway.provider.requests.map((request) => request.body))).not.toContain('ann.example');
  });
});

describe('forbidden content is in no answer', () => {
  const choice = (index: number, message: object, more: object = {}) => ({
    index,
    message: { role: 'assistant', content: 'Fine.', refusal: null, ...message },
    logprobs: null,
    finish_reason: 'stop',
    ...more,
  });
  const completion = (choices: readonly object[], more: object = {}) =>
    JSON.stringify({
      id: 'c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices,
      usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
      ...more,
    });
  const word = 'The swordfish.';

  it.each<[string, object, string]>([
    ['a second choice', { n: 2 }, completion([choice(0, {}), choice(1, { content: word })])],
    ['a second choice nobody asked for', {}, completion([choice(0, {}), choice(1, { content: word })])],
    [
      'the probabilities of tokens',
      { logprobs: true },
      completion([choice(0, {}, { logprobs: { content: [{ token: word }] } })]),
    ],
    ['a refusal', {}, completion([choice(0, { content: null, refusal: word })])],
    [
      'a citation',
      {},
      completion([choice(0, { annotations: [{ type: 'url_citation', url_citation: { title: word } }] })]),
    ],
    ['sound', {}, completion([choice(0, { audio: { transcript: word } })])],
    ['reasoning', {}, completion([choice(0, { reasoning_content: word })])],
    ['reasoning by its other name', {}, completion([choice(0, { reasoning_content: 'Hm.', reasoning: word })])],
    [
      'a call',
      {},
      completion([
        choice(0, {
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'x', arguments: JSON.stringify({ word }) } }],
        }),
      ]),
    ],
    ['a field of the choice nobody knows', {}, completion([choice(0, {}, { newer: word })])],
    ['a field of the answer nobody knows', {}, completion([choice(0, {})], { citations: [word] })],
  ])('%s of a chat', async (_where, more, body) => {
    gateway.provider.respond({ body });
    const asked = { model: 'chat', messages: [{ role: 'user', content: words() }], ...more };
    expect(await (await gateway.post('/chat/completions', asked)).text()).not.toMatch(/swordfish/i);
  });

  it('an additional choice, a refusal, or a tool call of a stream', async () => {
    const chunk = (index: number, delta: object, finish: string | null = null) => ({
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index, delta, finish_reason: finish }],
    });
    for (const delta of [
      { content: word },
      { refusal: word },
      { reasoning: word },
      {
        tool_calls: [
          { index: 0, id: 'a', type: 'function', function: { name: 'x', arguments: JSON.stringify({ word }) } },
        ],
      },
    ]) {
      const events = [
        chunk(0, { role: 'assistant', content: 'Fine.' }),
        chunk(1, { role: 'assistant', ...delta }),
        chunk(0, delta),
        chunk(0, {}, 'stop'),
      ];
      const body = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`;
      gateway.provider.respond({ body, headers: { 'content-type': 'text/event-stream' } });
      for (const n of [1, 2]) {
        const asked = { model: 'chat', n, stream: true, messages: [{ role: 'user', content: words() }] };
        expect(await (await gateway.post('/chat/completions', asked)).text()).not.toMatch(/swordfish/i);
      }
    }
  });

  it.each<[string, object]>([
    [
      'a refusal',
      {
        id: 'm',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'refusal', refusal: word }],
      },
    ],
    [
      'a citation',
      {
        id: 'm',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Fine.', annotations: [{ title: word }] }],
      },
    ],
    [
      'an item of a tool that runs elsewhere',
      { id: 'm', type: 'web_search_call', status: 'completed', action: { query: word } },
    ],
    ['reasoning', { id: 'm', type: 'reasoning', summary: [{ type: 'summary_text', text: word }] }],
  ])('%s of a response', async (_where, item) => {
    const output = [
      item,
      {
        id: 'n',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: 'Fine.', annotations: [] }],
      },
    ];
    gateway.provider.respond({
      body: JSON.stringify({ id: 'r', object: 'response', created_at: 1, status: 'completed', model: 'm', output }),
    });
    const response = await gateway.post('/responses', { model: 'responses', input: words() });
    expect(response.status).toBe(200);
    expect(await response.text()).not.toMatch(/swordfish/i);
  });

  it('an answer without a finding is passed on, byte for byte', async () => {
    const body = completion([choice(0, { annotations: [] })], { system_fingerprint: 'fp', service_tier: 'default' });
    gateway.provider.respond({ body });
    const response = await gateway.post('/chat/completions', {
      model: 'chat',
      messages: [{ role: 'user', content: words() }],
    });
    expect(await response.text()).toBe(body);
  });
});

it('guardrails on the input only do not affect additional choices', async () => {
  await using other = await startV1Gateway({
    ai: ({ openAiBaseUrl }) => `  providers: { c: { kind: openai, base_url: "${openAiBaseUrl}", api_key: k } }
  models: { chat: { targets: [c/m], retries: 0 } }
  prices: { c/m: { free: true } }
  guardrails: { injection: { mode: block } }
`,
  });
  const response = await other.post('/chat/completions', { model: 'chat', n: 2, messages: [hi] });
  expect(response.status).toBe(200);
  expect(other.provider.requests[0]?.body).toMatchObject({ n: 2 });
});
