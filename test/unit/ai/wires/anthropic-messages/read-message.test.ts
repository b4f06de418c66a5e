/** Anthropic's answers read here are what its package makes of them: recordings, faults, and every field of another kind. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { LanguageModelV4GenerateResult, LanguageModelV4StreamPart } from '@ai-sdk/provider';
import { afterEach, describe, expect, it } from 'vitest';
import { type ModelRequest, type StreamDelta, textOf } from '../../../../../src/ai/model-call/model-call.ts';
import { loadAiSdkFactory } from '../../../../../src/ai/providers/ai-sdk/ai-sdk-package.ts';
import { AiSdkAssembly } from '../../../../../src/ai/providers/ai-sdk/assemble-answer.ts';
import { mayPassOver } from '../../../../../src/ai/providers/ai-sdk/newer-events.ts';
import { AiSdkExchange } from '../../../../../src/ai/providers/ai-sdk/observed-fetch.ts';
import { factsOf } from '../../../../../src/ai/providers/ai-sdk/package-flavour.ts';
import { readAiSdkAnswer } from '../../../../../src/ai/providers/ai-sdk/read-answer.ts';
import { aiSdkFailure, aiSdkStreamFailure } from '../../../../../src/ai/providers/ai-sdk/read-failure.ts';
import { AiSdkWatch } from '../../../../../src/ai/providers/ai-sdk/watch-events.ts';
import { aiSdkRequest } from '../../../../../src/ai/providers/ai-sdk/write-call-options.ts';
import { readMessage } from '../../../../../src/ai/wires/anthropic-messages/read-message.ts';
import { MessageEvents } from '../../../../../src/ai/wires/anthropic-messages/read-message-events.ts';
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

const { options, reading } = aiSdkRequest(models.anthropic, ask, 'json_schema', factsOf('@ai-sdk/anthropic'), {});
const exchange = new AiSdkExchange(bounds());

/** The package itself, which is answered with these bytes. */
async function packageFor(body: string) {
  const create = await loadAiSdkFactory('@ai-sdk/anthropic', import.meta.dirname);
  const fetch = async () => new Response(body);
  return create({ apiKey: 'k', baseURL: 'http://127.0.0.1:9/v1', fetch }).languageModel(models.anthropic);
}

/** What becomes of a stream's parts. */
function told(parts: readonly LanguageModelV4StreamPart[], thrown?: unknown) {
  const assembly = new AiSdkAssembly(reading);
  const watch = new AiSdkWatch('anthropic');
  const deltas: StreamDelta[] = [];
  let finish: Extract<LanguageModelV4StreamPart, { type: 'finish' }> | undefined;
  let failure = thrown === undefined ? undefined : aiSdkFailure(thrown, { secrets: [] });
  let id: string | undefined;
  for (const part of parts) {
    if (part.type === 'raw') watch.see(part.rawValue);
    else if (part.type === 'response-metadata') id ??= part.id;
    else if (part.type === 'finish') finish = part;
    else if (part.type === 'error') {
      if (!mayPassOver('anthropic', part.error)) failure = aiSdkStreamFailure(part.error, { secrets: [] });
    } else assembly.take(part, deltas);
    if (finish !== undefined || failure !== undefined) break;
  }
  if (failure !== undefined) return { deltas, failure: failure.kind, status: failure.status };
  const { usage, model, reason } = watch;
  return {
    ...{ deltas, content: assembly.content(), id, usage, model, reason },
    isWhole: finish !== undefined && watch.isWhole(exchange, finish.finishReason),
    raw: finish?.finishReason.raw,
    explanation: (finish?.providerMetadata as { anthropic?: { stopDetails?: { explanation?: string } } } | undefined)
      ?.anthropic?.stopDetails?.explanation,
  };
}

async function toldByPackage(events: readonly string[]) {
  const parts: LanguageModelV4StreamPart[] = [];
  try {
    const model = await packageFor(events.map((event) => `data: ${event}\n\n`).join(''));
    const { stream } = await model.doStream({ ...options, includeRawChunks: true });
    for await (const part of stream) parts.push(part);
  } catch (error) {
    return told(parts, error);
  }
  // The package's word for a stream without its end.
  return told(parts.filter((part) => part.type !== 'finish' || part.finishReason.unified !== 'interrupted'));
}

function toldHere(events: readonly string[]) {
  const read = new MessageEvents();
  for (const event of events) read.read(event);
  return told(read.taken());
}

function answerOf(result: LanguageModelV4GenerateResult) {
  try {
    return readAiSdkAnswer(result, { flavour: 'anthropic', request: ask, reading, exchange });
  } catch (error) {
    return error;
  }
}

const root = new URL('../../../../../../shared/fixtures/provider-recordings/anthropic/', import.meta.url);
const isThere = existsSync(root);
const suite = isThere ? 'of recordings' : 'of recordings (skipped: they are not at ../shared/fixtures)';
const files = isThere ? readdirSync(root) : [];
const textIn = (file: string) => readFileSync(new URL(file, root), 'utf8');

describe.skipIf(!isThere)(`Anthropic's answers ${suite}`, () => {
  it.each(files.filter((file) => file.endsWith('.chunks.txt')))(
    '%s says what the package makes of it',
    async (file) => {
      const events = textIn(file)
        .split('\n')
        .filter((line) => line.trim() !== '');
      expect(toldHere(events)).toEqual(await toldByPackage(events));
      const step = Math.max(1, Math.floor(events.length / 25));
      for (let index = 0; index < events.length; index += step) {
        const event = events[index] ?? '';
        for (const changed of [[], [event, event], [event, '{"type":"mood"}'], [event.slice(0, -2)]]) {
          const played = events.toSpliced(index, 1, ...changed);
          expect(toldHere(played), `${changed.length} instead of event ${index}`).toEqual(await toldByPackage(played));
        }
      }
    },
  );

  it('are read alike where they are whole, and the plain ones here', async () => {
    const read: string[] = [];
    for (const file of files.filter((name) => name.endsWith('.json'))) {
      const here = readMessage(textIn(file));
      if (here === undefined) continue;
      read.push(file);
      const model = await packageFor(textIn(file));
      expect(answerOf(here), file).toEqual(answerOf(await model.doGenerate(options)));
    }
    expect(read.length).toBeGreaterThan(4);
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
  it('say in a stream what the package makes of it, whatever field is wrong', async () => {
    const lines = events.map((event) => JSON.stringify(event));
    expect(toldHere(lines)).toEqual(await toldByPackage(lines));
    expect(toldHere(lines)).toMatchObject({ isWhole: true, raw: 'refusal', explanation: 'No.', id: 'msg_1' });
    let compared = 0;
    for (const [index, event] of events.entries()) {
      for (const one of changed(event)) {
        const played = lines.with(index, JSON.stringify(one));
        const theirs = await toldByPackage(played);
        const ours = toldHere(played);
        // It refuses answers for fields that nobody needs; what they say is then read all the same.
        if ('failure' in theirs && !('failure' in ours)) continue;
        expect(ours, played[index]).toEqual(theirs);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(300);
  }, 60_000);

  it('are read whole here, or left to the package, whatever field is wrong', async () => {
    const bodies = [whole, ...changed(whole)];
    for (const [index, part] of whole.content.entries()) {
      for (const one of changed(part)) bodies.push({ ...whole, content: whole.content.with(index, one as never) });
    }
    let compared = 0;
    for (const body of bodies) {
      const text = JSON.stringify(body);
      const here = readMessage(text);
      if (here === undefined) continue;
      const model = await packageFor(text);
      const theirs = await Promise.resolve(model.doGenerate(options)).catch(() => undefined);
      if (theirs === undefined) continue;
      expect(answerOf(here), text).toEqual(answerOf(theirs));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(25);
    expect(readMessage(JSON.stringify(whole))).toBeDefined();
  });

  it.each([
    '',
    'no JSON',
    'null',
    '[]',
    '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    JSON.stringify({ ...whole, content: [{ type: 'server_tool_use', id: 's', name: 'web_search', input: {} }] }),
    JSON.stringify({ ...whole, content: [null] }),
    JSON.stringify({ ...whole, usage: null }),
  ])('are left to the package where they are not plain: %s', (text) => {
    expect(readMessage(text)).toBeUndefined();
  });

  it('are read without the package, which would refuse them for a field that nobody needs', async () => {
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

  it('are left to the package where it asks for JSON by a tool of its own', async () => {
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
