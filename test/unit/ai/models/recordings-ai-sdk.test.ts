/** What real providers have answered, through the packages that speak their wires, whole, cut and split. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type ModelAnswer,
  type ModelRequest,
  type ProviderStreamPart,
  textOf,
} from '../../../../src/ai/model-call/index.ts';
import {
  ask,
  bounds,
  closeAll,
  collect,
  frame,
  models,
  type Package,
  sendJson,
  sendStream,
  serve,
  startStream,
} from './ai-sdk-endpoint.ts';

const root = new URL('../../../../../shared/fixtures/provider-recordings/', import.meta.url);
const isThere = existsSync(root);
const suite = isThere ? 'recordings' : 'recordings (skipped: they are not at ../shared/fixtures)';

afterEach(closeAll);

interface Recording {
  readonly name: Package;
  readonly file: string;
  readonly text: string;
}

const packages = Object.keys(models) as Package[];
const recordings: readonly Recording[] = packages.flatMap((name) =>
  (isThere ? readdirSync(new URL(`${name}/`, root)) : []).map((file) => ({
    name,
    file,
    text: readFileSync(new URL(`${name}/${file}`, root), 'utf8'),
  })),
);
// Neither is an answer of a language model.
const whole = recordings.filter(({ file }) => file.endsWith('.json') && !/429|transcription/.test(file));
const streams = recordings.filter(({ file }) => file.endsWith('.chunks.txt'));

/** Some of Anthropic's recordings also contain the message of the next call: an answer is one message. */
function eventsOf({ text }: Recording): readonly string[] {
  const events = text.split('\n').filter((line) => line.trim() !== '');
  const stop = events.findIndex((event) => event.startsWith('{"type":"message_stop"'));
  return stop === -1 ? events : events.slice(0, stop + 1);
}

/** Those of the AI SDK's `json` tool are requested as recorded: with a schema, from a model without JSON support. */
function requestOf({ file }: Recording): ModelRequest {
  if (!/bedrock-json/.test(file)) return ask;
  return { ...ask, output: { kind: 'json', name: 'answer', schema: { type: 'object', properties: {} } } };
}

function modelOf({ name, file }: Recording): string {
  return /bedrock-json/.test(file) ? 'anthropic.claude-3-haiku-20240307-v1:0' : models[name];
}

/** The content of an answer, without ids that a package generates. */
function said({ content, finishReason, usage }: ModelAnswer) {
  return {
    text: content.map((part) => (part.type === 'text' ? part.text : '')).join(''),
    calls: content.flatMap((part) => (part.type === 'tool_call' ? [[part.name, JSON.parse(part.arguments)]] : [])),
    finishReason,
    tokens: [usage.inputTokens, usage.outputTokens, usage.source],
  };
}

// biome-ignore lint/suspicious/noExplicitAny: recorded bodies are read as they are.
type Body = any;

/** The same, read by hand from a whole body. */
function expected(name: Package, body: Body) {
  switch (name) {
    case 'anthropic':
      return {
        text: body.content.map((part: Body) => (part.type === 'compaction' ? part.content : (part.text ?? ''))),
        calls: body.content.filter(({ type }: Body) => type === 'tool_use').map((one: Body) => [one.name, one.input]),
        tokens: [
          body.usage.input_tokens +
            (body.usage.cache_read_input_tokens ?? 0) +
            (body.usage.cache_creation_input_tokens ?? 0),
          body.usage.output_tokens,
        ],
      };
    case 'google': {
      const { parts } = body.candidates[0].content;
      const usage = body.usageMetadata;
      return {
        text: parts.map((part: Body) => part.text ?? ''),
        calls: parts.flatMap((part: Body) =>
          part.functionCall ? [[part.functionCall.name, part.functionCall.args]] : [],
        ),
        tokens: [usage.promptTokenCount, usage.candidatesTokenCount + usage.thoughtsTokenCount],
      };
    }
    case 'amazon-bedrock': {
      const { content } = body.output.message;
      const isAnswer = (part: Body) => part.toolUse?.name === 'json';
      const answer = content.find(isAnswer);
      return {
        text: answer ? [JSON.stringify(answer.toolUse.input)] : content.map((part: Body) => part.text ?? ''),
        calls: content.flatMap((part: Body) =>
          part.toolUse && !isAnswer(part) ? [[part.toolUse.name, part.toolUse.input]] : [],
        ),
        tokens: [body.usage.inputTokens, body.usage.outputTokens],
      };
    }
    case 'cohere':
      return {
        text: (body.message.content ?? []).map((part: Body) => part.text),
        calls: (body.message.tool_calls ?? []).map((one: Body) => [
          one.function.name,
          JSON.parse(one.function.arguments) ?? {},
        ]),
        tokens: [body.usage.billed_units.input_tokens, body.usage.billed_units.output_tokens],
      };
    case 'mistral':
      return {
        text: [body.choices[0].message.content],
        calls: [],
        tokens: [body.usage.prompt_tokens, body.usage.completion_tokens],
      };
  }
}

/** Events folded by hand into the body they are of, as far as `expected` reads it. */
function folded(name: Package, events: readonly Body[]): Body {
  switch (name) {
    case 'anthropic': {
      const body: Body = { content: [], usage: {} };
      for (const event of events) {
        if (event.type === 'message_start') {
          body.content = (event.message.content ?? []).slice();
          Object.assign(body.usage, event.message.usage);
        } else if (event.type === 'content_block_start') {
          body.content[event.index] = { ...event.content_block, json: '' };
        } else if (event.type === 'message_delta') {
          Object.assign(body.usage, event.usage);
        } else if (event.type === 'content_block_delta') {
          const part = body.content[event.index];
          if (event.delta.type === 'text_delta') part.text += event.delta.text;
          if (event.delta.type === 'compaction_delta') part.content = (part.content ?? '') + event.delta.content;
          if (event.delta.type === 'input_json_delta') part.json += event.delta.partial_json;
        }
      }
      for (const part of body.content) if (part.type === 'tool_use' && part.json) part.input = JSON.parse(part.json);
      return body;
    }
    case 'google': {
      const parts = events.flatMap((event) => event.candidates[0].content.parts);
      return { candidates: [{ content: { parts } }], usageMetadata: events.at(-1).usageMetadata };
    }
    case 'amazon-bedrock': {
      const content: Body[] = [];
      let usage: Body = {};
      for (const { contentBlockStart: start, contentBlockDelta: delta, metadata } of events) {
        if (start?.start.toolUse) content[start.contentBlockIndex] = { toolUse: { ...start.start.toolUse, json: '' } };
        if (delta) {
          content[delta.contentBlockIndex] ??= { text: '' };
          const part = content[delta.contentBlockIndex];
          if (delta.delta.text !== undefined) part.text += delta.delta.text;
          if (delta.delta.toolUse) part.toolUse.json += delta.delta.toolUse.input;
        }
        usage = metadata?.usage ?? usage;
      }
      for (const { toolUse } of content) if (toolUse) toolUse.input = JSON.parse(toolUse.json || '{}');
      return { output: { message: { content } }, usage };
    }
    case 'cohere': {
      const deltas = events.map((event) => event.delta?.message ?? {});
      const call = deltas.find(({ tool_calls }) => tool_calls?.function)?.tool_calls.function;
      return {
        message: {
          content: [{ text: deltas.map(({ content }) => content?.text ?? '').join('') }],
          tool_calls: call ? [{ function: { name: call.name, arguments: call.arguments || '{}' } }] : [],
        },
        usage: events.at(-1).delta.usage,
      };
    }
    case 'mistral':
      return {
        choices: [{ message: { content: events.map(({ choices }) => choices[0].delta.content ?? '').join('') } }],
        usage: events.at(-1).usage,
      };
  }
}

async function played(recording: Recording, chunks: readonly Uint8Array[]): Promise<readonly ProviderStreamPart[]> {
  const { provider } = await serve(recording.name, (_call, response) => sendStream(response, recording.name, chunks));
  return collect(provider.stream(modelOf(recording), requestOf(recording), bounds()));
}

function answerOf(parts: readonly ProviderStreamPart[]): ModelAnswer {
  const last = parts.at(-1);
  if (last?.type !== 'end') throw new Error(`expected an end, not ${JSON.stringify(last)}`);
  return last.answer;
}

describe.skipIf(!isThere)(`whole answers of ${suite}`, () => {
  it.each(whole)('$file is read as its body', async (recording) => {
    const { provider } = await serve(recording.name, (_call, response) => sendJson(response, recording.text));
    const answer = await provider.complete(modelOf(recording), requestOf(recording), bounds());
    const { text, calls, tokens } = expected(recording.name, JSON.parse(recording.text));
    expect(said(answer)).toMatchObject({ text: text.filter(Boolean).join(''), calls, tokens: [...tokens, 'reported'] });
    expect(answer.finishReason).toBe(
      /refusal/.test(recording.file) ? 'refusal' : calls.length > 0 ? 'tool_calls' : 'stop',
    );
  });

  it('returns signatures of Anthropic and Gemini', async () => {
    const signed = whole.filter(({ file }) => /clear-thinking|tool-call-gemini3/.test(file));
    expect(signed).toHaveLength(2);
    for (const recording of signed) {
      const { provider } = await serve(recording.name, (_call, response) => sendJson(response, recording.text));
      const { content } = await provider.complete(modelOf(recording), ask, bounds());
      const opaque = content.flatMap((part) => ('opaque' in part ? Object.values(part.opaque ?? {}) : []));
      expect(opaque).toHaveLength(1);
      for (const [value] of opaque.map((one) => Object.values(one as object))) expect(recording.text).toContain(value);
    }
  });

  it('reads Gemini’s RetryInfo', async () => {
    const body = readFileSync(new URL('google/google-429-retry-info.json', root), 'utf8');
    const { provider } = await serve('google', (_call, response) => sendJson(response, body, 429));
    await expect(provider.complete(models.google, ask, bounds())).rejects.toMatchObject({
      kind: 'rate_limited',
      status: 429,
      retryAfterMs: 34_400,
    });
  });
});

describe.skipIf(!isThere)(`streams of ${suite}`, () => {
  it.each(streams)('$file is read as its events, and its deltas make the answer', async (recording) => {
    const events = eventsOf(recording);
    const parts = await played(recording, frame(recording.name, events));
    const answer = answerOf(parts);
    expect(parts.filter(({ type }) => type === 'end' || type === 'failed')).toHaveLength(1);
    const texts: string[] = [];
    for (const part of parts) {
      if (part.type === 'text_delta' || part.type === 'reasoning_delta')
        texts[part.index] = (texts[part.index] ?? '') + part.text;
      if (part.type === 'tool_call_delta') texts[part.index] = (texts[part.index] ?? '') + part.arguments;
    }
    expect(texts).toEqual(answer.content.map((part) => (part.type === 'tool_call' ? part.arguments : part.text)));
    if (/tool-call-arguments/.test(recording.file)) {
      // Gemini's partial arguments: their result is written here, not computed by the folding above.
      expect(said(answer).calls).toEqual([
        ['getWeather', { location: 'Boston' }],
        ['getWeather', { location: 'San Francisco' }],
      ]);
      return;
    }
    if (/incremental-tool-call/.test(recording.file)) {
      expect(said(answer).calls).toEqual([['webSearchTool', { query: 'current Berlin weather' }]]);
      return;
    }
    const { text, calls, tokens } = expected(
      recording.name,
      folded(
        recording.name,
        events.map((event) => JSON.parse(event)),
      ),
    );
    expect(said(answer)).toMatchObject({ text: text.filter(Boolean).join(''), calls });
    if (tokens[0] === undefined) expect(answer.usage.source).toBe('estimated');
    else expect(said(answer).tokens).toEqual([...tokens, 'reported']);
  });

  it.each(['cohere/cohere-text', 'amazon-bedrock/amazon-bedrock-tool-no-args'])(
    '%s is the same in both',
    async (pair) => {
      const [name, base] = pair.split('/') as [Package, string];
      const body = whole.find(({ file }) => file === `${base}.json`);
      const stream = streams.find(({ file }) => file === `${base}.chunks.txt`);
      if (body === undefined || stream === undefined) throw new Error(`${pair} is not a pair`);
      const { provider } = await serve(name, (_call, response) => sendJson(response, body.text));
      const once = await provider.complete(modelOf(body), ask, bounds());
      const pieced = answerOf(await played(stream, frame(name, eventsOf(stream))));
      expect(pieced.content).toEqual(once.content);
      expect(said(pieced)).toEqual(said(once));
    },
  );

  it.each(streams)(
    '$file cut after any event is never an answer',
    async (recording) => {
      const chunks = frame(recording.name, eventsOf(recording));
      const bytes = chunks.length;
      // Bedrock's `metadata` after `messageStop` only counts: the answer is whole without it.
      const stopsAt = eventsOf(recording).findIndex((event) => event.includes('"messageStop"')) + 1;
      // So is Mistral's with its finish reason, where the connection then ends cleanly.
      const reasonAt = eventsOf(recording).findIndex((event) => /"finish_reason":"/.test(event)) + 1;
      for (const isReset of [false, true]) {
        const wholeAt = recording.name.startsWith('mistral') && !isReset ? reasonAt : stopsAt;
        const last = wholeAt === 0 ? bytes : wholeAt;
        const step = Math.max(1, Math.floor(last / 40));
        let cut = 0;
        const { provider } = await serve(recording.name, (_call, response) => {
          startStream(response, recording.name);
          response.write(Buffer.concat(chunks.slice(0, cut)), () => {
            if (!isReset) response.end();
            else setImmediate(() => response.socket?.resetAndDestroy());
          });
        });
        for (cut = 0; cut < last; cut += step) {
          const parts = await collect(provider.stream(modelOf(recording), requestOf(recording), bounds()));
          const terminals = parts.filter(({ type }) => type === 'end' || type === 'failed');
          expect(terminals, `cut after ${cut}`).toHaveLength(1);
          expect(parts.at(-1), `cut after ${cut}`).toMatchObject({
            type: 'failed',
            failure: { kind: 'stream_incomplete' },
          });
          const failed = parts.at(-1);
          expect(failed?.type === 'failed' && failed.failure.usage?.source).toBe('estimated');
        }
      }
    },
    60_000,
  );

  it.each(packages)(
    '%s: bytes split anywhere are read alike',
    async (name) => {
      const recording = streams
        .filter((one) => one.name === name)
        .sort((one, other) => one.text.length - other.text.length)[0];
      if (recording === undefined) throw new Error(`there is no stream of ${name}`);
      const bytes = Buffer.concat(frame(name, eventsOf(recording)));
      const step = bytes.length < 1_500 ? 1 : Math.ceil(bytes.length / 400);
      const reference = said(answerOf(await played(recording, [bytes])));
      const offsets: number[] = [];
      for (let offset = 1; offset < bytes.length; offset += step) offsets.push(offset);
      const { provider } = await serve(name, (_call, response) => {
        const offset = offsets.pop() ?? 1;
        startStream(response, name);
        response.socket?.setNoDelay(true);
        response.write(bytes.subarray(0, offset), () => setImmediate(() => response.end(bytes.subarray(offset))));
      });
      let checked = 0;
      const workers = Array.from({ length: 8 }, async () => {
        while (offsets.length > 0) {
          const parts = await collect(provider.stream(modelOf(recording), requestOf(recording), bounds()));
          expect(said(answerOf(parts))).toEqual(reference);
          checked += 1;
        }
      });
      await Promise.all(workers);
      expect(checked).toBeGreaterThan(200);
    },
    60_000,
  );

  it('counts Anthropic’s usage once, however often it is sent', async () => {
    const recording = streams.find(({ file }) => /duplicate-message-start/.test(file));
    if (recording === undefined) throw new Error('the recording is not there');
    const answer = answerOf(await played(recording, frame('anthropic', eventsOf(recording))));
    expect(textOf(answer)).toBe('Hello, World!');
    expect(answer.usage).toEqual({ inputTokens: 17, outputTokens: 227, source: 'reported' });
  });
});
