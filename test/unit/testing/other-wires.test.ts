import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { createCohere } from '@ai-sdk/cohere';
import { createGoogleGenerativeAI } from '@ai-sdk/google';
import type { LanguageModelV4, LanguageModelV4CallOptions } from '@ai-sdk/provider';
import Anthropic from '@anthropic-ai/sdk';
import { describe, expect, it } from 'vitest';
import type { ScriptedProvider } from '../../../src/testing.ts';
import { start } from './provider.ts';
import { eventful, leastThatFits, messages, schema } from './questions.ts';

describe("Anthropic's wire, to its own SDK", () => {
  const client = (provider: ScriptedProvider) =>
    new Anthropic({ baseURL: provider.anthropicBaseUrl, apiKey: 'sk-ant-1', maxRetries: 0 });

  it('answers whole and streams the same', async () => {
    const provider = await start({ respond: eventful });
    const question = { model: 'claude-x', max_tokens: 100, messages };
    const whole = await client(provider).messages.create(question);
    expect(whole).toMatchObject({
      model: 'claude-x',
      stop_reason: 'tool_use',
      content: [
        { type: 'thinking', thinking: eventful.reasoning },
        { type: 'text', text: eventful.text },
        { type: 'tool_use', id: 'call_0', name: 'look', input: { at: 'the "lid"' } },
        { type: 'tool_use', id: 'call_1', name: 'touch', input: {} },
      ],
      // Here the input leaves out what the cache has to do with.
      usage: { input_tokens: 30, cache_read_input_tokens: 60, cache_creation_input_tokens: 10, output_tokens: 40 },
    });
    expect(whole._request_id).toBe('scripted-0');
    const streamed = await client(provider).messages.stream(question).finalMessage();
    expect(streamed.content).toEqual(whole.content);
    expect(streamed.usage).toEqual(whole.usage);
    expect(provider.requests).toMatchObject([
      { wire: 'anthropic-messages', key: 'sk-ant-1', isStream: false },
      { wire: 'anthropic-messages', key: 'sk-ant-1', isStream: true },
    ]);
  });

  it('fits the forced tool and the output format, refuses, and stops short', async () => {
    const provider = await start();
    const question = { model: 'claude-x', max_tokens: 100, messages };
    const forced = await client(provider).messages.create({
      ...question,
      tools: [{ name: 'judge', input_schema: { ...schema, required: [...schema.required] } }],
      tool_choice: { type: 'tool', name: 'judge' },
    });
    expect(forced.content).toMatchObject([{ type: 'tool_use', name: 'judge', input: leastThatFits }]);
    const structured = await client(provider).messages.create({
      ...question,
      output_config: { format: { type: 'json_schema', schema } },
    });
    expect(structured.content).toMatchObject([{ type: 'text', text: JSON.stringify(leastThatFits) }]);
    provider.script([{ refusal: 'No.' }, { text: 'Too lo', finishReason: 'length' }]);
    expect(await client(provider).messages.create(question)).toMatchObject({
      stop_reason: 'refusal',
      stop_details: { explanation: 'No.' },
      content: [],
    });
    expect(await client(provider).messages.create(question)).toMatchObject({ stop_reason: 'max_tokens' });
  });
});

describe.each([
  {
    name: "Gemini's",
    modelOf: (provider: ScriptedProvider) =>
      createGoogleGenerativeAI({ baseURL: provider.geminiBaseUrl, apiKey: 'g-1' })('gemini-x'),
    key: 'g-1',
    model: 'gemini-x',
    // Gemini does not report cache writes.
    inputTokens: { total: 100, cacheRead: 60 },
    endOfTools: 'STOP',
  },
  {
    name: "Bedrock's",
    modelOf: (provider: ScriptedProvider) =>
      createAmazonBedrock({ baseURL: provider.url, apiKey: 'b-1', region: 'us-east-1' })('us.claude-x:0'),
    key: 'b-1',
    model: 'us.claude-x:0',
    inputTokens: { total: 100, cacheRead: 60, cacheWrite: 10 },
    endOfTools: 'tool_use',
  },
  {
    name: "Cohere's",
    modelOf: (provider: ScriptedProvider) =>
      createCohere({ baseURL: `${provider.url}/v2`, apiKey: 'c-1' })('command-x'),
    key: 'c-1',
    model: 'command-x',
    inputTokens: { total: 100 },
    endOfTools: 'TOOL_CALL',
  },
])('$name wire, to the AI SDK', ({ modelOf, key, model, inputTokens, endOfTools }) => {
  const question: LanguageModelV4CallOptions = {
    prompt: [{ role: 'user', content: [{ type: 'text', text: 'Is it good?' }] }],
  };

  it('answers whole and streams the same', async () => {
    const provider = await start({ respond: eventful });
    const languageModel: LanguageModelV4 = modelOf(provider);
    const whole = await languageModel.doGenerate(question);
    const text = whole.content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
    expect(text).toBe(eventful.text);
    const calls = whole.content.flatMap((part) => (part.type === 'tool-call' ? [[part.toolName, part.input]] : []));
    expect(calls).toEqual([
      ['look', '{"at":"the \\"lid\\""}'],
      ['touch', '{}'],
    ]);
    expect(whole.finishReason).toMatchObject({ unified: 'tool-calls', raw: endOfTools });
    expect(whole.usage.inputTokens).toMatchObject(inputTokens);
    expect(whole.usage.outputTokens).toMatchObject({ total: 40 });

    const { stream } = await languageModel.doStream(question);
    let streamed = '';
    let reasoning = '';
    const streamedCalls: unknown[] = [];
    let last: unknown;
    for await (const part of stream) {
      if (part.type === 'text-delta') streamed += part.delta;
      if (part.type === 'reasoning-delta') reasoning += part.delta;
      if (part.type === 'tool-call') streamedCalls.push([part.toolName, part.input]);
      last = part;
    }
    expect(streamed).toBe(eventful.text);
    expect(reasoning).toBe(eventful.reasoning);
    expect(streamedCalls).toEqual(calls);
    expect(last).toMatchObject({
      type: 'finish',
      finishReason: { unified: 'tool-calls' },
      usage: { inputTokens, outputTokens: { total: 40 } },
    });
    expect(provider.requests).toMatchObject([
      { key, model, isStream: false },
      { key, model, isStream: true },
    ]);
  });

  it('calls the tool that is forced', async () => {
    const provider = await start();
    const languageModel: LanguageModelV4 = modelOf(provider);
    const whole = await languageModel.doGenerate({
      ...question,
      tools: [{ type: 'function', name: 'judge', inputSchema: JSON.parse(JSON.stringify(schema)) }],
      toolChoice: { type: 'required' },
    });
    const [call] = whole.content.filter((part) => part.type === 'tool-call');
    expect(JSON.parse(call?.input ?? '')).toEqual(leastThatFits);
  });
});

describe("Gemini's wire", () => {
  it('embeds one text and several', async () => {
    const provider = await start();
    const { textEmbeddingModel } = createGoogleGenerativeAI({ baseURL: provider.geminiBaseUrl, apiKey: 'g-1' });
    const model = textEmbeddingModel('embed-x');
    const one = await model.doEmbed({ values: ['kettle'] });
    const both = await model.doEmbed({ values: ['mug', 'kettle'] });
    expect(one.embeddings[0]).toHaveLength(16);
    expect(both.embeddings[1]).toEqual(one.embeddings[0]);
    expect(both.embeddings[0]).not.toEqual(one.embeddings[0]);
  });

  it('fits the response schema, in upper-case types too', async () => {
    const provider = await start();
    const generationConfig = {
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { score: { type: 'INTEGER', minimum: 2 } }, required: ['score'] },
    };
    const response = await fetch(`${provider.geminiBaseUrl}/models/g:generateContent`, {
      method: 'POST',
      body: JSON.stringify({ generationConfig }),
    });
    expect(await response.json()).toMatchObject({
      candidates: [{ content: { parts: [{ text: '{"score":2}' }] }, finishReason: 'STOP' }],
    });
  });
});
