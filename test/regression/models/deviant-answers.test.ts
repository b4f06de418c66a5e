/** Deviations of endpoints from their wire are read by their meaning: for every client, streamed and whole. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Case, deviantProvider, hello, one, sse } from '../../faults/deviant-provider.ts';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';

const usage = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };
const done = 'data: [DONE]\n\n';
const chunk = (delta: object, finish_reason: string | null = null, more: object = {}, choice: object = {}) => ({
  ...{ id: 'c1', object: 'chat.completion.chunk', created: 1, model: 'm' },
  choices: [{ index: 0, delta, finish_reason, ...choice }],
  ...more,
});
const whole = (message: object, more: object = { usage }, finish_reason = 'stop') =>
  JSON.stringify({
    ...{ id: 'c1', object: 'chat.completion', created: 1, model: 'm' },
    choices: [{ index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason }],
    ...more,
  });
const nothing = { name: '', arguments: '' };
const fn = { name: 'w', arguments: '{"c":1}' };

describe('the chat wire', () => {
  const provider = deviantProvider('chat');

  it.each<Case>([
    [
      'a function_call that is empty beside each text',
      sse(
        chunk({ role: 'assistant', content: 'Hel', function_call: nothing }),
        chunk({ content: 'lo', function_call: nothing }),
        chunk({ content: '', function_call: { name: null, arguments: null } }, 'stop', { usage }),
        done,
      ),
      { ...hello, finish: expect.stringMatching(/stop|completed|end_turn/) },
    ],
    [
      'a function_call that is null',
      sse(chunk({ role: 'assistant', content: 'Hello', function_call: null }), chunk({}, 'stop', { usage }), done),
      hello,
    ],
    [
      'a tool call that is empty beside a text',
      sse(
        chunk({ role: 'assistant', content: 'Hello', tool_calls: [{ index: 0, id: '', function: nothing }] }),
        chunk({}, 'stop', { usage }),
        done,
      ),
      hello,
    ],
    [
      'a call without a type, beside an empty function_call',
      sse(
        chunk({
          role: 'assistant',
          content: null,
          function_call: nothing,
          tool_calls: [{ index: 0, id: 'a', function: fn }],
        }),
        chunk({}, 'tool_calls', { usage }),
        done,
      ),
      one,
    ],
    [
      'usage under x_groq',
      sse(
        chunk({ role: 'assistant', content: 'Hello' }, null, { x_groq: { id: 'r' } }),
        chunk({}, 'stop', { x_groq: { id: 'r', usage } }),
        done,
      ),
      { ...hello, usage: [7, 2] },
    ],
    [
      'usage within the choice',
      sse(chunk({ role: 'assistant', content: 'Hello' }), chunk({}, 'stop', {}, { usage }), done),
      { ...hello, usage: [7, 2] },
    ],
  ])('streams %s', async (_what, body, expected) => {
    await provider.isRead(body, true, expected);
  });

  it.each<Case>([
    ['an empty function_call', whole({ content: 'Hello', function_call: nothing }), hello],
    [
      'a function_call of null, content in parts',
      whole({ content: [{ type: 'text', text: 'Hello' }], function_call: null }),
      hello,
    ],
    [
      'a call without a type',
      whole(
        { content: null, function_call: nothing, tool_calls: [{ id: 'a', function: fn }] },
        { usage },
        'tool_calls',
      ),
      one,
    ],
    [
      'a call that is empty',
      whole({ content: 'Hello', tool_calls: [{ id: '', type: 'function', function: nothing }] }),
      hello,
    ],
    ['usage under x_groq', whole({ content: 'Hello' }, { x_groq: { usage } }), { ...hello, usage: [7, 2] }],
  ])('answers %s', async (_what, body, expected) => {
    await provider.isRead(body, false, expected);
  });
});

describe('Gemini', () => {
  const provider = deviantProvider('gemini');
  const details = ['TEXT', 'DOCUMENT', 'VIDEO', 'A_NEW_ONE'].map((modality) => ({ modality, tokenCount: 1 }));
  const counts = { promptTokenCount: 7, candidatesTokenCount: 2, totalTokenCount: 9 };
  const said = (parts: object[], finishReason?: string, more: object = {}) => ({
    candidates: [
      { content: { role: 'model', parts }, index: 0, ...(finishReason === undefined ? {} : { finishReason }) },
    ],
    usageMetadata: { ...counts, promptTokensDetails: details, ...more },
    modelVersion: 'm',
  });

  it.each<readonly [string, object]>([
    ['any modality', {}],
    ['a count left out, as zeros are', { promptTokensDetails: [...details, { modality: 'IMAGE' }] }],
    ['no modality', { candidatesTokensDetails: [{ tokenCount: 2 }] }],
    ['a count that is text', { cacheTokensDetails: [{ modality: 'TEXT', tokenCount: '2' }] }],
  ])('answers with counts of %s', async (_what, more) => {
    const expected = { ...hello, usage: [7, 2] };
    await provider.isRead(JSON.stringify(said([{ text: 'Hello' }], 'STOP', more)), false, expected);
    await provider.isRead(
      sse(said([{ text: 'Hel' }], undefined, more), said([{ text: 'lo' }], 'STOP', more)),
      true,
      expected,
    );
  });

  it.each(['MODEL_ARMOR', 'SAFETY', 'PROHIBITED_CONTENT'])('filtered by %s is reported as filtered', async (reason) => {
    const finish = expect.stringMatching(/content_filter|incomplete|refusal/);
    await provider.isRead(JSON.stringify(said([], reason)), false, { text: '', finish });
    await provider.isRead(sse(said([{ text: 'Hel' }]), said([], reason)), true, { text: 'Hel', finish });
  });

  it('refuses a prompt that MODEL_ARMOR blocked, without a retry', async () => {
    const blocked = { promptFeedback: { blockReason: 'MODEL_ARMOR' }, usageMetadata: counts, modelVersion: 'm' };
    await provider.fails(JSON.stringify(blocked), false);
    await provider.fails(sse(blocked), true);
  });
});

describe('a request whose tools have no type', () => {
  let gateway: V1Gateway;
  beforeAll(async () => {
    gateway = await startV1Gateway();
  });
  afterAll(() => gateway[Symbol.asyncDispose]());
  beforeEach(() => gateway.provider.reset());
  const parameters = { type: 'object', properties: {} };

  it.each(['chat', 'anthropic'])('is accepted by the %s wire, and passed on', async (model) => {
    const messages = [
      { role: 'user', content: words() },
      { role: 'assistant', content: null, tool_calls: [{ id: 'a', function: { name: 'w', arguments: '{}' } }] },
      { role: 'tool', tool_call_id: 'a', content: 'Rain.' },
    ];
    const response = await gateway.post('/chat/completions', {
      model,
      messages,
      tools: [{ function: { name: 'w', parameters } }],
    });
    expect(response.status).toBe(200);
    const sent = JSON.stringify(gateway.provider.requests[0]?.body);
    expect(sent).toContain(model === 'chat' ? '"type":"function"' : '"type":"tool_use"');
    if (model === 'chat') expect(sent.match(/"type":"function"/g)).toHaveLength(2);
  });

  it('is accepted on the responses wire', async () => {
    const response = await gateway.post('/responses', {
      model: 'responses',
      input: words(),
      tools: [{ name: 'w', parameters }],
    });
    expect(response.status).toBe(200);
    expect(gateway.provider.requests[0]?.body).toMatchObject({ tools: [{ type: 'function', name: 'w' }] });
  });

  it('is refused where it cannot be a function', async () => {
    const messages = [{ role: 'user', content: words() }];
    const response = await gateway.post('/chat/completions', {
      model: 'chat',
      messages,
      tools: [{ description: 'w' }],
    });
    expect(response.status).toBe(400);
  });
});
