/** Anthropic's answers read here are what its package makes of them: recordings, faults, and every field of another kind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type {
  LanguageModelV4CallOptions,
  LanguageModelV4GenerateResult,
  LanguageModelV4StreamPart,
  LanguageModelV4Usage,
} from '@ai-sdk/provider';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type AnswerPart,
  type ModelAnswer,
  type ModelRequest,
  ProviderFailure,
  type StreamDelta,
  textOf,
} from '../../../../../src/ai/model-call/index.ts';
import { loadAiSdkFactory } from '../../../../../src/ai/providers/ai-sdk/ai-sdk-package.ts';
import { AiSdkAssembly } from '../../../../../src/ai/providers/ai-sdk/assemble-answer.ts';
import { readMessage } from '../../../../../src/ai/wires/anthropic-messages/read-message.ts';
import { MessageStreamReader } from '../../../../../src/ai/wires/anthropic-messages/read-message-stream.ts';
import { plainText, readUsage } from '../../../../../src/ai/wires/shared/index.ts';
import {
  ask,
  bounds,
  closeAll,
  collect,
  frame,
  models,
  sendJson,
  sendStream,
  serve,
} from '../../models/ai-sdk-endpoint.ts';

afterEach(closeAll);

const options: LanguageModelV4CallOptions = {
  prompt: [{ role: 'user', content: [{ type: 'text', text: 'Is it good?' }] }],
  maxOutputTokens: 50,
};
const context = { request: ask, reading: plainText, secrets: [] };

/** The package itself, which is answered with these bytes. */
async function packageFor(body: string) {
  const create = await loadAiSdkFactory('@ai-sdk/anthropic', import.meta.dirname);
  const fetch = async () => new Response(body);
  return create({ apiKey: 'k', baseURL: 'http://127.0.0.1:9/v1', fetch }).languageModel(models.anthropic);
}

interface Outcome {
  readonly deltas: readonly StreamDelta[];
  readonly content?: readonly AnswerPart[] | undefined;
  readonly tokens?: readonly unknown[] | undefined;
  readonly failed?: true;
}

/** Citations are read here alone. */
function withoutCitations(deltas: readonly StreamDelta[]): readonly StreamDelta[] {
  return deltas.filter(({ type }) => type !== 'citation_delta');
}

function bare(content: readonly AnswerPart[]): readonly AnswerPart[] {
  return content.map((part) => (part.type === 'text' ? { type: 'text', text: part.text } : part));
}

function tokensOf({ usage }: ModelAnswer): readonly unknown[] {
  return [usage.inputTokens, usage.outputTokens];
}

/** The package adds up the rounds of a compaction itself; here the provider's own totals count. */
function countsOf({ raw, inputTokens, outputTokens }: LanguageModelV4Usage): readonly unknown[] {
  const { iterations } = (raw ?? {}) as { readonly iterations?: unknown };
  const totals = iterations === undefined || iterations === null ? undefined : readUsage('anthropic', raw);
  return [totals?.inputTokens ?? inputTokens.total, totals?.outputTokens ?? outputTokens.total];
}

async function outcomeOfPackage(events: readonly string[]): Promise<Outcome> {
  const assembly = new AiSdkAssembly(plainText);
  const deltas: StreamDelta[] = [];
  const parts: LanguageModelV4StreamPart[] = [];
  try {
    const model = await packageFor(events.map((event) => `data: ${event}\n\n`).join(''));
    const { stream } = await model.doStream(options);
    for await (const part of stream) parts.push(part);
  } catch {
    return { deltas, failed: true };
  }
  for (const part of parts) {
    if (part.type === 'error' && !isIgnorable(part.error)) return { deltas, failed: true };
    if (part.type !== 'finish') assembly.add(part, deltas);
    // Without a stop reason the answer may be incomplete.
    else if (part.finishReason.raw === undefined || part.finishReason.unified === 'interrupted') break;
    else {
      assembly.end(deltas);
      return { deltas, content: assembly.content(), tokens: countsOf(part.usage) };
    }
  }
  return { deltas, failed: true };
}

/** What came after the package, which must not end a stream. */
function isIgnorable(error: unknown): boolean {
  const { name, value } = error as { readonly name?: string; readonly value?: { readonly type?: unknown } };
  const types = /^(?:message_start|content_block_(?:start|delta|stop)|message_delta|message_stop|error)$/;
  return name === 'AI_TypeValidationError' && typeof value?.type === 'string' && !types.test(value.type);
}

function outcomeHere(events: readonly string[]): Outcome {
  const reader = new MessageStreamReader(context);
  const deltas: StreamDelta[] = [];
  try {
    for (const event of events) {
      reader.read(event, undefined, deltas);
      if (reader.failure !== undefined) throw reader.failure;
      if (reader.isComplete) break;
    }
    if (!reader.isComplete) return { deltas: withoutCitations(deltas), failed: true };
    const answer = reader.end(deltas);
    return { deltas: withoutCitations(deltas), content: bare(answer.content), tokens: tokensOf(answer) };
  } catch (error) {
    expect(error).toBeInstanceOf(ProviderFailure);
    return { deltas: withoutCitations(deltas), failed: true };
  }
}

/** The package rejects answers for unused fields; their content is read here. */
function compare(here: Outcome, ofPackage: Outcome, note: string): boolean {
  if (ofPackage.failed === true && here.failed !== true) return false;
  expect(here, note).toEqual(ofPackage);
  return true;
}

/** The content of the package's whole answer in the one form. */
function wholeOf({ content }: LanguageModelV4GenerateResult): readonly AnswerPart[] {
  const assembly = new AiSdkAssembly(plainText);
  for (const [index, part] of content.entries()) {
    const id = String(index);
    if (part.type === 'text') assembly.text(id, part.text, []);
    else if (part.type === 'tool-call') assembly.add(part, []);
    else if (part.type === 'reasoning') {
      const { providerMetadata = {} } = part;
      assembly.add({ type: 'reasoning-delta', id, delta: part.text, providerMetadata }, []);
    }
  }
  assembly.end([]);
  return assembly.content();
}

function readHere(text: string): ModelAnswer | undefined {
  try {
    return readMessage(text, context);
  } catch (error) {
    expect(error).toBeInstanceOf(ProviderFailure);
    return undefined;
  }
}

const root = new URL('../../../../../../shared/fixtures/provider-recordings/anthropic/', import.meta.url);
const isThere = existsSync(root);
const suite = isThere ? 'of recordings' : 'of recordings (skipped: they are not at ../shared/fixtures)';
const files = isThere ? readdirSync(root) : [];
const textIn = (file: string) => readFileSync(new URL(file, root), 'utf8');

describe.skipIf(!isThere)(`Anthropic's answers ${suite}`, () => {
  it.each(files.filter((file) => file.endsWith('.chunks.txt')))('%s is read as the package reads it', async (file) => {
    // Some also contain the message of the next call: an answer is one message.
    const lines = textIn(file)
      .split('\n')
      .filter((line) => line.trim() !== '');
    const stop = lines.findIndex((line) => line.startsWith('{"type":"message_stop"'));
    const events = stop === -1 ? lines : lines.slice(0, stop + 1);
    expect(outcomeHere(events)).toEqual(await outcomeOfPackage(events));
    const step = Math.max(1, Math.floor(events.length / 25));
    for (let index = 0; index < events.length; index += step) {
      const event = events[index] ?? '';
      for (const changed of [
        [event, event],
        [event, '{"type":"mood"}'],
      ]) {
        const played = events.toSpliced(index, 1, ...changed);
        compare(outcomeHere(played), await outcomeOfPackage(played), `${changed.length} instead of event ${index}`);
      }
      expect(outcomeHere(events.toSpliced(index, 1, event.slice(0, -2)))).toHaveProperty('failed', true);
    }
  });

  it('are read alike where they are whole', async () => {
    let compared = 0;
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const model = await packageFor(textIn(file));
      const ofPackage = await Promise.resolve(model.doGenerate(options)).catch(() => undefined);
      if (ofPackage === undefined) continue;
      const here = readHere(textIn(file));
      expect(here, file).toBeDefined();
      if (here === undefined) continue;
      expect(wholeOf(ofPackage), file).toEqual(bare(here.content));
      expect(tokensOf(here), file).toEqual(countsOf(ofPackage.usage));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(4);
  });
});

const usage = { input_tokens: 5, output_tokens: 3, cache_read_input_tokens: 2 };
const events: readonly object[] = [
  { type: 'message_start', message: { id: 'msg_1', role: 'assistant', model: 'claude', content: [], usage } },
  { type: 'ping' },
  { type: 'content_block_start', index: 0, content_block: { type: 'thinking', thinking: '', signature: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'content_block_start', index: 1, content_block: { type: 'redacted_thinking', data: 'secret' } },
  { type: 'content_block_stop', index: 1 },
  { type: 'content_block_start', index: 2, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'Hello' } },
  { type: 'content_block_stop', index: 2 },
  { type: 'content_block_start', index: 3, content_block: { type: 'tool_use', id: 't', name: 'now', input: {} } },
  { type: 'content_block_delta', index: 3, delta: { type: 'input_json_delta', partial_json: '{"a":1}' } },
  { type: 'content_block_stop', index: 3 },
  { type: 'content_block_start', index: 4, content_block: { type: 'compaction', content: 'All', signature: 's' } },
  { type: 'content_block_stop', index: 4 },
  {
    type: 'message_delta',
    delta: { stop_reason: 'refusal', stop_details: { type: 'refusal', explanation: 'No.' } },
    usage,
  },
  { type: 'message_stop' },
];
const whole = {
  ...{ id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', stop_reason: 'tool_use', usage },
  content: [
    { type: 'thinking', thinking: 'Hm', signature: 'sig' },
    { type: 'redacted_thinking', data: 'secret' },
    { type: 'text', text: 'Hello', citations: null },
    { type: 'tool_use', id: 't', name: 'now', input: { a: [1] } },
  ],
};

/** The value with one field left out, or of another kind, at any depth. */
function* changed(value: object): Generator<object> {
  for (const [key, held] of Object.entries(value)) {
    for (const other of [undefined, null, 7, 'x', [], {}]) yield { ...value, [key]: other };
    if (held !== null && typeof held === 'object' && !Array.isArray(held)) {
      for (const inner of changed(held)) yield { ...value, [key]: inner };
    }
  }
}

describe('Anthropic’s answers', () => {
  it('are read in a stream as the package reads them, whatever field is wrong', async () => {
    const lines = events.map((event) => JSON.stringify(event));
    expect(outcomeHere(lines)).toEqual(await outcomeOfPackage(lines));
    let compared = 0;
    for (const [index, event] of events.entries()) {
      for (const other of changed(event)) {
        const played = lines.with(index, JSON.stringify(other));
        if (compare(outcomeHere(played), await outcomeOfPackage(played), played[index] ?? '')) compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(300);
  }, 60_000);

  it('are read whole as the package reads them, whatever field is wrong', async () => {
    const bodies = [whole, ...changed(whole)];
    for (const [index, part] of whole.content.entries()) {
      for (const other of changed(part)) bodies.push({ ...whole, content: whole.content.with(index, other as never) });
    }
    let compared = 0;
    for (const body of bodies) {
      const text = JSON.stringify(body);
      const model = await packageFor(text);
      const ofPackage = await Promise.resolve(model.doGenerate(options)).catch(() => undefined);
      const here = readHere(text);
      if (ofPackage === undefined || here === undefined) continue;
      expect(bare(here.content), text).toEqual(wholeOf(ofPackage));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(25);
    expect(readHere(JSON.stringify(whole))).toMatchObject({ finishReason: 'tool_calls', requestId: 'msg_1' });
  });

  it.each([
    '',
    'no JSON',
    'null',
    '[]',
    '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    JSON.stringify({ ...whole, content: [null] }),
    JSON.stringify({ ...whole, content: [{ type: 'text', text: 7 }] }),
  ])('are a failure where they are none: %s', (text) => {
    expect(readHere(text)).toBeUndefined();
  });

  it('are read by their known blocks, whatever other blocks there are', () => {
    const search = { type: 'server_tool_use', id: 's', name: 'web_search', input: {} };
    const body = { ...whole, content: [search, ...whole.content] };
    expect(readHere(JSON.stringify(body))?.content).toHaveLength(4);
    expect(readHere(JSON.stringify({ ...whole, usage: null }))?.usage.source).toBe('estimated');
  });

  it('are read although the package would reject them for an unused field', async () => {
    const needless = { ...usage, service_tier: 7 };
    const { provider } = await serve('anthropic', ({ body }, response) => {
      if (body.stream !== true) sendJson(response, { ...whole, usage: needless });
      else sendStream(response, 'anthropic', frame('anthropic', lines));
    });
    const lines = events
      .with(-2, { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: needless })
      .map((event) => JSON.stringify(event));
    const answer = await provider.complete(models.anthropic, ask, bounds());
    expect(answer).toMatchObject({ finishReason: 'tool_calls', usage: { inputTokens: 7, source: 'reported' } });
    const parts = await collect(provider.stream(models.anthropic, ask, bounds()));
    expect(parts.at(-1)).toMatchObject({ type: 'end', answer: { usage: { source: 'reported' } } });
  });

  it('are read where JSON is requested by a tool', async () => {
    const { provider, calls } = await serve('anthropic', ({ body }, response) => {
      const call = { type: 'tool_use', id: 't', name: 'json', input: { good: true } };
      if (body.stream !== true) sendJson(response, { ...whole, content: [call] });
      else {
        const called = [
          events[0],
          { type: 'content_block_start', index: 0, content_block: { ...call, input: {} } },
          {
            type: 'content_block_delta',
            index: 0,
            delta: { type: 'input_json_delta', partial_json: '{"good":true}' },
          },
          { type: 'content_block_stop', index: 0 },
          { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage },
          { type: 'message_stop' },
        ];
        sendStream(
          response,
          'anthropic',
          frame(
            'anthropic',
            called.map((event) => JSON.stringify(event)),
          ),
        );
      }
    });
    const model = 'claude-3-haiku-20240307';
    const schema = { type: 'object', properties: { good: { type: 'boolean' } } };
    const request: ModelRequest = { ...ask, output: { kind: 'json', name: 'review', schema } };
    const answer = await provider.complete(model, request, bounds());
    expect(calls[0]?.body.tools).toMatchObject([{ name: 'json' }]);
    expect([textOf(answer), answer.finishReason]).toEqual(['{"good":true}', 'stop']);
    const last = (await collect(provider.stream(model, request, bounds()))).at(-1);
    expect(last).toMatchObject({ type: 'end', answer: { content: [{ type: 'text', text: '{"good":true}' }] } });
  });
});
