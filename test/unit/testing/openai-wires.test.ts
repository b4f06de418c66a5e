import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import type { ScriptedProvider } from '../../../src/testing.ts';
import { start } from './provider.ts';
import { eventful, leastThatFits, messages, schema } from './questions.ts';

describe("OpenAI's chat wire, to its own SDK", () => {
  const client = (provider: ScriptedProvider) =>
    new OpenAI({ baseURL: provider.openAiBaseUrl, apiKey: 'sk-1', maxRetries: 0 });

  it('answers whole: thinking, text, tool calls and usage', async () => {
    const provider = await start({ respond: eventful });
    const answer = await client(provider).chat.completions.create({ model: 'gpt-x', messages });
    expect(answer).toMatchObject({ model: 'gpt-x', choices: [{ finish_reason: 'tool_calls' }] });
    expect(answer.choices[0]?.message).toMatchObject({
      content: eventful.text,
      reasoning_content: eventful.reasoning,
      tool_calls: [
        { id: 'call_0', type: 'function', function: { name: 'look', arguments: '{"at":"the \\"lid\\""}' } },
        { id: 'call_1', type: 'function', function: { name: 'touch', arguments: '{}' } },
      ],
    });
    expect(answer.usage).toMatchObject({
      prompt_tokens: 100,
      completion_tokens: 40,
      total_tokens: 140,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 10 },
      completion_tokens_details: { reasoning_tokens: 15 },
    });
    expect(answer._request_id).toBe('scripted-0');
    expect(provider.requests).toMatchObject([
      { wire: 'openai-chat', method: 'POST', path: '/v1/chat/completions', key: 'sk-1', model: 'gpt-x' },
    ]);
  });

  it('streams the same answer, as the SDK assembles it', async () => {
    const provider = await start({ respond: eventful });
    const whole = await client(provider).chat.completions.create({ model: 'gpt-x', messages });
    const stream = client(provider).chat.completions.stream({
      model: 'gpt-x',
      messages,
      stream_options: { include_usage: true },
    });
    const streamed = await stream.finalChatCompletion();
    const { content, tool_calls } = whole.choices[0]?.message ?? {};
    expect(streamed.choices[0]?.message).toMatchObject({ content, tool_calls });
    expect(streamed.choices[0]?.finish_reason).toBe('tool_calls');
    expect(await stream.totalUsage()).toEqual(whole.usage);
  });

  it('sends usage in a stream only if it is requested', async () => {
    const provider = await start();
    const stream = await client(provider).chat.completions.create({ model: 'gpt-x', messages, stream: true });
    let chunks = 0;
    for await (const chunk of stream) {
      chunks++;
      expect(chunk.usage).toBeUndefined();
    }
    expect(chunks).toBe(11);
  });

  it('fits the schema, the forced tool, or any JSON object where nothing is scripted', async () => {
    const { chat } = client(await start());
    const structured = await chat.completions.create({
      model: 'gpt-x',
      messages,
      response_format: { type: 'json_schema', json_schema: { name: 'opinion', schema, strict: true } },
    });
    expect(JSON.parse(structured.choices[0]?.message.content ?? '')).toEqual(leastThatFits);
    const any = await chat.completions.create({ model: 'gpt-x', messages, response_format: { type: 'json_object' } });
    expect(any.choices[0]?.message.content).toBe('{}');
    const tools = [
      { type: 'function' as const, function: { name: 'other', parameters: { type: 'object' } } },
      { type: 'function' as const, function: { name: 'judge', parameters: schema } },
    ];
    const choice = { type: 'function' as const, function: { name: 'judge' } };
    const forced = await chat.completions.create({ model: 'gpt-x', messages, tools, tool_choice: choice });
    expect(forced.choices[0]?.message.tool_calls).toMatchObject([
      { function: { name: 'judge', arguments: JSON.stringify(leastThatFits) } },
    ]);
    const unforced = await chat.completions.create({ model: 'gpt-x', messages, tools });
    expect(unforced.choices[0]?.message.tool_calls).toBeUndefined();
  });

  it('returns a scripted JSON value by the requested means', async () => {
    const { chat } = client(await start({ respond: { json: { label: 'BAD', score: 9 } } }));
    const text = await chat.completions.create({ model: 'gpt-x', messages });
    expect(text.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: '{"label":"BAD","score":9}' },
    });
    const tools = [{ type: 'function' as const, function: { name: 'judge', parameters: schema } }];
    const forced = await chat.completions.create({ model: 'gpt-x', messages, tools, tool_choice: 'required' });
    expect(forced.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ function: { arguments: '{"label":"BAD","score":9}' } }] },
    });
  });

  it.each([
    [
      { refusal: 'I would rather not.' },
      { finish_reason: 'stop', message: { content: null, refusal: 'I would rather not.' } },
    ],
    [
      { text: 'Too lo', finishReason: 'length' },
      { finish_reason: 'length', message: { content: 'Too lo' } },
    ],
    [
      { text: '', finishReason: 'content_filter' },
      { finish_reason: 'content_filter', message: { content: '' } },
    ],
  ] as const)('ends as scripted: %j', async (respond, expected) => {
    const provider = await start({ respond });
    const whole = await client(provider).chat.completions.create({ model: 'gpt-x', messages });
    expect(whole.choices[0]).toMatchObject(expected);
    const streamed = await client(provider).chat.completions.create({ model: 'gpt-x', messages, stream: true });
    let refusal = '';
    let finish: unknown;
    for await (const { choices } of streamed) {
      refusal += choices[0]?.delta.refusal ?? '';
      finish = choices[0]?.finish_reason ?? finish;
    }
    expect(finish).toBe(expected.finish_reason);
    expect(refusal).toBe('refusal' in expected.message ? expected.message.refusal : '');
  });

  it('embeds: the same text the same vector of length 1, in either encoding', async () => {
    const { embeddings, models } = client(await start({ models: ['a', 'b'] }));
    const input = ['kettle', 'mug', 'kettle'];
    const { data } = await embeddings.create({ model: 'embed', input, dimensions: 24 }); // the SDK asks for base64
    const floats = await embeddings.create({ model: 'embed', input, dimensions: 24, encoding_format: 'float' });
    expect(data).toEqual(floats.data);
    const [first, second, third] = data.map(({ embedding }) => embedding);
    expect(first).toHaveLength(24);
    expect(third).toEqual(first);
    expect(second).not.toEqual(first);
    expect(Math.hypot(...(first ?? []))).toBeCloseTo(1, 5);
    expect((await models.list()).data.map(({ id }) => id)).toEqual(['a', 'b']);
  });
});

describe("OpenAI's responses wire, to its own SDK", () => {
  const client = (provider: ScriptedProvider) =>
    new OpenAI({ baseURL: provider.openAiBaseUrl, apiKey: 'sk-1', maxRetries: 0 });

  it('answers whole and streams the same', async () => {
    const { responses } = client(await start({ respond: eventful }));
    const whole = await responses.create({ model: 'gpt-x', input: 'Is it good?' });
    expect(whole.output_text).toBe(eventful.text);
    expect(whole.output.map(({ type }) => type)).toEqual(['reasoning', 'message', 'function_call', 'function_call']);
    expect(whole.usage).toMatchObject({
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60 },
      output_tokens: 40,
      output_tokens_details: { reasoning_tokens: 15 },
    });
    const streamed = await responses.stream({ model: 'gpt-x', input: 'Is it good?' }).finalResponse();
    const withoutIds = (output: readonly object[]) => output.map((item) => ({ ...item, id: '' }));
    expect(withoutIds(streamed.output)).toMatchObject(withoutIds(whole.output));
    expect(streamed.usage).toEqual(whole.usage);
  });

  it('numbers its events and builds the text from deltas', async () => {
    const { responses } = client(await start({ respond: eventful }));
    let text = '';
    let next = 0;
    for await (const event of await responses.create({ model: 'gpt-x', input: 'Is it?', stream: true })) {
      expect(event.sequence_number).toBe(next++);
      if (event.type === 'response.output_text.delta') text += event.delta;
    }
    expect(text).toBe(eventful.text);
    expect(next).toBeGreaterThan(20);
  });

  it('fits the schema and the forced tool, refuses, and stops short', async () => {
    const provider = await start();
    const { responses } = client(provider);
    const format = { type: 'json_schema' as const, name: 'opinion', schema, strict: true };
    const structured = await responses.create({ model: 'gpt-x', input: 'Is it?', text: { format } });
    expect(JSON.parse(structured.output_text)).toEqual(leastThatFits);
    const forced = await responses.create({
      model: 'gpt-x',
      input: 'Is it?',
      tools: [{ type: 'function', name: 'judge', parameters: schema, strict: true }],
      tool_choice: { type: 'function', name: 'judge' },
    });
    expect(forced.output).toMatchObject([
      { type: 'function_call', name: 'judge', arguments: '{"label":"GOOD","score":3}' },
    ]);
    provider.script([{ refusal: 'No.' }, { text: 'Too lo', finishReason: 'length' }]);
    const refused = await responses.create({ model: 'gpt-x', input: 'Is it?' });
    expect(refused.output).toMatchObject([{ content: [{ type: 'refusal', refusal: 'No.' }] }]);
    const short = await responses.create({ model: 'gpt-x', input: 'Is it?' });
    expect(short).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } });
  });
});
