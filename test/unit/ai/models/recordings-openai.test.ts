import { existsSync, globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ModelAnswer, type StreamDelta, textOf } from '../../../../src/ai/model-call/index.ts';
import { parseEvent } from '../../../../src/ai/model-call/outside-json.ts';
import { readChatCompletion } from '../../../../src/ai/wires/openai-chat/read-chat-completion.ts';
import { ChatStreamReader } from '../../../../src/ai/wires/openai-chat/read-chat-stream.ts';
import { readEmbeddings } from '../../../../src/ai/wires/openai-embeddings/read-embeddings.ts';
import { readResponse } from '../../../../src/ai/wires/openai-responses/read-response.ts';
import { ResponsesStreamReader } from '../../../../src/ai/wires/openai-responses/read-responses-stream.ts';
import { failureOfAnswer } from '../../../../src/ai/wires/shared/read-provider-failure.ts';
import { createSseReader } from '../../../../src/ai/wires/shared/sse-events.ts';
import type { AnswerContext, StreamReader } from '../../../../src/ai/wires/shared/stream-reader.ts';
import { eventStream } from './chat-endpoint.ts';
import { called, endOf, failureIn, joinDeltas, partsOf, serve, text } from './openai-serve.ts';

const folder = '../shared/fixtures/provider-recordings';
const context: AnswerContext = { provider: 'openai', request: text, reading: undefined, keys: [], passing: undefined };

type WireName = 'chat' | 'responses';

function wireOf(file: string): WireName {
  return file.includes('/responses/') || file.startsWith('azure/') ? 'responses' : 'chat';
}

function recording(file: string): string {
  return readFileSync(`${folder}/${file}`, 'utf8');
}

function body(file: string): Record<string, unknown> {
  return JSON.parse(recording(file)) as Record<string, unknown>;
}

/** The recorded events; the chat wire's last one, which the recordings leave out, included. */
function events(file: string): readonly string[] {
  if (file.endsWith('.sse')) {
    return [...recording(file).matchAll(/^data: (.*)$/gm)].map(([, data = '']) => data);
  }
  const recorded = recording(file)
    .split('\n')
    .filter((line) => line !== '');
  // One file has the four answers of a conversation; the whole body beside it is that of the last one.
  const start = recorded.findLastIndex((line) => line.startsWith('{"type":"response.created"'));
  const lines = recorded.slice(Math.max(0, start));
  return wireOf(file) === 'chat' ? [...lines, '[DONE]'] : lines;
}

function readerOf(wire: WireName): StreamReader {
  return wire === 'chat' ? new ChatStreamReader(context) : new ResponsesStreamReader(context);
}

function readWhole(file: string): ModelAnswer {
  return wireOf(file) === 'chat' ? readChatCompletion(body(file), context) : readResponse(body(file), context);
}

function readStream(wire: WireName, lines: readonly string[]) {
  const reader = readerOf(wire);
  const out: StreamDelta[] = [];
  for (const line of lines) reader.read(line, undefined, out);
  return { reader, out, answer: reader.isComplete ? reader.end(out) : undefined };
}

function answerOf(file: string): ModelAnswer {
  const { answer } = readStream(wireOf(file), events(file));
  if (answer === undefined) throw new Error(`${file} is incomplete`);
  return answer;
}

/** Generated ids are not compared. */
function shape({ content, finishReason, usage }: ModelAnswer) {
  return { content, finishReason, usage };
}

const isThere = existsSync(folder);
const own = ['openai/', 'azure/', 'deepseek/', 'openai-compatible/', 'mistral/'];
const isOwn = (file: string) => own.some((prefix) => file.startsWith(prefix));
const streams = isThere ? globSync('**/*.{chunks.txt,sse}', { cwd: folder }).filter(isOwn).sort() : [];
const notAnswers = /error\.json$|embedding|transcription/;
const wholes = isThere
  ? globSync('**/*.json', { cwd: folder })
      .filter((file) => isOwn(file) && !notAnswers.test(file))
      .sort()
  : [];

if (!isThere) console.warn(`no recordings at ${folder}: their tests are skipped`);

describe.skipIf(!isThere)('recorded answers', () => {
  it('are found at all', () => {
    expect(streams.length).toBeGreaterThanOrEqual(25);
    expect(wholes.length).toBeGreaterThanOrEqual(20);
  });

  it.each(wholes)('%s has parts, a finish reason and reported usage', (file) => {
    const answer = readWhole(file);
    expect(answer.usage.source).toBe('reported');
    expect(answer.respondedModel).toBe(body(file).model);
    expect(answer.requestId).toBe(body(file).id);
    const kinds = new Set(answer.content.map(({ type }) => type));
    expect(answer.finishReason).toBe(
      kinds.has('tool_call') ? 'tool_calls' : file.includes('deepseek-text') ? 'length' : 'stop',
    );
    if (answer.content.length === 0) expect(recording(file)).not.toMatch(/output_text|"function_call"/);
  });

  it('are read into text, reasoning and tool calls', () => {
    const deepseek = readWhole('deepseek/chat/deepseek-json.json');
    expect(deepseek.content.map(({ type }) => type)).toEqual(['reasoning', 'text']);
    expect(JSON.parse(textOf(deepseek))).toEqual({ location: 'San Francisco', condition: 'cloudy', temperature: 7 });
    expect(deepseek.usage).toEqual({
      inputTokens: 495,
      outputTokens: 144,
      cachedInputTokens: 320,
      reasoningTokens: 118,
      source: 'reported',
    });
    const xai = readWhole('openai-compatible/chat/xai-tool-call.json');
    expect(xai.content.map(({ type }) => type)).toEqual(['reasoning', 'tool_call']);
    expect(xai.content[1]).toEqual({
      type: 'tool_call',
      id: 'call_46427107',
      name: 'weather',
      arguments: '{"location":"San Francisco"}',
    });
    expect(xai.usage).toMatchObject({ inputTokens: 307, outputTokens: 281, reasoningTokens: 255 });
    const encrypted = readWhole('openai/responses/openai-reasoning-encrypted-content.1.json');
    expect(encrypted.content).toMatchObject([
      {
        type: 'reasoning',
        text: expect.stringMatching(/^\*\*Reporting final result\*\*/),
        opaque: {
          provider: 'openai',
          id: expect.stringMatching(/^rs_/),
          encrypted_content: expect.stringMatching(/^gAAA/),
        },
      },
      { type: 'text', text: expect.stringMatching(/Final result: 570$/) },
    ]);
  });

  it('that refuse a parameter are recognised: another model may accept it', () => {
    for (const file of [
      'openai/chat/reasoning-model-legacy-parameter-error.json',
      'openai/responses/reasoning-model-temperature-error.json',
    ]) {
      const failure = failureOfAnswer({ status: 400, headers: {}, body: recording(file) }, []);
      expect(failure.kind).toBe('unsupported_value');
      expect(failure.detail).toContain((body(file).error as { message: string }).message);
    }
  });

  it('with embeddings are vectors', () => {
    const recorded = body('openai/embedding/openai-embedding.json');
    const texts = (recorded.data as unknown[]).map(() => 'text');
    const { vectors, usage } = readEmbeddings(recorded, texts, []);
    expect(vectors.map((vector) => Array.from(vector))).toEqual(
      (recorded.data as { embedding: number[] }[]).map(({ embedding }) => Array.from(Float32Array.from(embedding))),
    );
    expect(usage.source).toBe('reported');
  });
});

describe.skipIf(!isThere)('recorded streams', () => {
  it.each(streams)('%s: its deltas, joined, are the answer it ends with', (file) => {
    const { answer, out } = readStream(wireOf(file), events(file));
    expect(answer).toBeDefined();
    expect(joinDeltas(out)).toEqual(answer?.content);
  });

  it.each(streams.filter((file) => wireOf(file) === 'responses'))(
    '%s: reassembled, it is the whole body its last event carries',
    (file) => {
      const last = parseEvent(events(file).at(-1) ?? '') as { response: Record<string, unknown> };
      const output = last.response.output as unknown[];
      // A few recordings carry the items only in the events before.
      const whole = output.length === 0 ? undefined : readResponse(last.response, context);
      const answer = answerOf(file);
      expect(answer.usage).toEqual(readResponse(last.response, context).usage);
      // An item is encrypted again each time it is sent.
      const plain = (one: ModelAnswer) =>
        JSON.parse(JSON.stringify(shape(one), (key, value) => (key === 'opaque' ? undefined : value)));
      if (whole !== undefined) expect(plain(answer)).toEqual(plain(whole));
      else expect(output).toEqual([]);
    },
  );

  it('reassembled are equal to the whole body of the same recording', () => {
    for (const pair of ['openai/responses/parallel-tool-call-wrapper.1', 'openai/responses/openai-custom-tool.1']) {
      expect(shape(answerOf(`${pair}.chunks.txt`)).content).toEqual(shape(readWhole(`${pair}.json`)).content);
      expect(answerOf(`${pair}.chunks.txt`).finishReason).toBe(readWhole(`${pair}.json`).finishReason);
    }
    const kinds = (answer: ModelAnswer) =>
      answer.content.map((part) => (part.type === 'tool_call' ? part.name : part.type));
    for (const stream of streams) {
      const whole = stream.replace(/\.chunks\.txt$/, '.json');
      // Two answers of one model to one question: other words, the same shape.
      if (/xai|deepseek|mistral-text|azure-text/.test(whole))
        expect(kinds(answerOf(stream))).toEqual(kinds(readWhole(whole)));
    }
  });

  it('of xAI, DeepSeek, Mistral, vLLM and Azure are read with the differences of each', () => {
    expect(answerOf('openai-compatible/chat/xai-tool-call.chunks.txt')).toMatchObject({
      finishReason: 'tool_calls',
      content: [
        { type: 'reasoning' },
        { type: 'tool_call', name: 'weather', arguments: '{"location":"San Francisco"}' },
      ],
      usage: { inputTokens: 307, outputTokens: 253, reasoningTokens: 227, cachedInputTokens: 306 },
    });
    expect(answerOf('deepseek/chat/deepseek-text.chunks.txt')).toMatchObject({
      finishReason: 'length',
      content: [{ type: 'text' }],
      usage: { inputTokens: 13, outputTokens: 400, source: 'reported' },
    });
    expect(textOf(answerOf('mistral/mistral-text.chunks.txt'))).toBe('Hello, world! This is a test response.');
    expect(answerOf('mistral/mistral-incremental-tool-call.chunks.txt').content).toEqual([
      {
        type: 'tool_call',
        id: 'chatcmpl-tool-9f149c74c42f265b',
        name: 'webSearchTool',
        arguments: '{"query": "current Berlin weather"}',
      },
    ]);
    expect(answerOf('openai-compatible/chat/anthropic-fallback-tool-call.sse')).toMatchObject({
      finishReason: 'tool_calls',
      content: [
        { type: 'text', text: 'Reading it.' },
        { type: 'tool_call', id: 'toolu_sanitized', name: 'read_file', arguments: '{"path": "a.txt"}' },
      ],
      usage: { source: 'estimated' },
    });
    expect(answerOf('openai/chat/azure-model-router.1.chunks.txt')).toMatchObject({
      finishReason: 'stop',
      content: [{ type: 'text', text: expect.stringMatching(/^Capital of .*\.$/) }],
      respondedModel: 'gpt-5-nano-2025-08-07',
      usage: { inputTokens: 15, outputTokens: 78, reasoningTokens: 64, source: 'reported' },
    });
    expect(answerOf('openai/responses/github-copilot-id-rotation.1.chunks.txt').usage.source).toBe('reported');
  });

  it.each(streams)('%s: cut after any event it is never an answer', (file) => {
    const lines = events(file);
    for (let kept = 0; kept < lines.length; kept += 1) {
      expect(readStream(wireOf(file), lines.slice(0, kept)).answer).toBeUndefined();
    }
  });

  it('cut after any event fail over a socket, whether the connection ends or breaks', { timeout: 20_000 }, async () => {
    for (const [file, wire] of [
      ['mistral/mistral-text.chunks.txt', 'chat'],
      ['openai/chat/azure-model-router.1.chunks.txt', 'chat'],
      ['openai/responses/parallel-tool-call-wrapper.1.chunks.txt', 'responses'],
      ['azure/azure-text.1.chunks.txt', 'responses'],
    ] as const) {
      const lines = events(file);
      let kept = 0;
      const { provider } = await serve(
        (_call, response) =>
          response.writeHead(200, { 'content-type': 'text/event-stream' }).end(eventStream(lines.slice(0, kept))),
        { wire },
      );
      // A chat stream is whole with its finish reason, where the connection ends cleanly after it.
      const reasonAt = lines.findIndex((line) => /"finish_reason": ?"/.test(line)) + 1;
      const whole = wire === 'chat' && reasonAt > 0 ? reasonAt : lines.length;
      for (; kept < whole; kept += 1) {
        const failure = failureIn(await partsOf(provider.stream('gpt-test', text, called())));
        expect(failure.kind).toBe('stream_incomplete');
        expect(failure.usage).toBeDefined();
      }
      expect(endOf(await partsOf(provider.stream('gpt-test', text, called()))).content).toEqual(answerOf(file).content);
      kept = lines.length;
      const broken = await serve(
        (_call, response) => {
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.write(eventStream(lines.slice(0, kept)), () => response.socket?.resetAndDestroy());
        },
        { wire },
      );
      for (kept = 1; kept < lines.length; kept += 1) {
        const failure = failureIn(await partsOf(broken.provider.stream('gpt-test', text, called())));
        expect(failure).toMatchObject({ kind: 'connection', usage: { inputTokens: expect.any(Number) } });
      }
    }
  });

  it.each(streams.filter((file) => isThere && recording(file).length < 6_000))(
    '%s: however its bytes are split, the parts are the same',
    (file) => {
      const wire = wireOf(file);
      const expected = readStream(wire, events(file));
      for (const bytes of [
        Buffer.from(eventStream(events(file))),
        Buffer.from(
          `\uFEFF: comment\r\n\r\n${events(file).join('\n').replace(/^/gm, 'data:').replaceAll('\n', '\r\n\r\n')}`,
        ),
      ]) {
        for (let cut = 0; cut <= bytes.length; cut += 1) {
          const reader = readerOf(wire);
          const out: StreamDelta[] = [];
          const sse = createSseReader({
            onEvent: (data, event) => reader.read(data, event, out),
            maxLength: 1_000_000,
          });
          sse.feed(bytes.subarray(0, cut));
          sse.feed(bytes.subarray(cut));
          sse.end();
          if (!reader.isComplete) throw new Error(`split at ${cut}: incomplete`);
          reader.end(out);
          if (JSON.stringify(out) !== JSON.stringify(expected.out)) expect([cut, out]).toEqual([cut, expected.out]);
        }
      }
    },
    30_000,
  );
});
