import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelRequest, ProviderStreamPart } from '../../../../../src/ai/model-call/index.ts';
import {
  ask,
  bounds,
  closeAll,
  collect,
  frame,
  models,
  type Package,
  sendStream,
  serve,
  startStream,
} from '../../models/ai-sdk-endpoint.ts';

afterEach(closeAll);

type Event = Readonly<Record<string, unknown>>;

const start: Event = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude',
    content: [],
    usage: { input_tokens: 40, output_tokens: 1 },
  },
};
const block = (index: number, content_block: Event = { type: 'text', text: '' }): Event => ({
  type: 'content_block_start',
  index,
  content_block,
});
const delta = (index: number, text: string): Event => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'text_delta', text },
});
const json = (index: number, partial_json: string): Event => ({
  type: 'content_block_delta',
  index,
  delta: { type: 'input_json_delta', partial_json },
});
const end = (index: number): Event => ({ type: 'content_block_stop', index });
const finish = (stop_reason = 'end_turn'): readonly Event[] => [
  { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
];

function bytesOf(name: Package, events: readonly Event[]): readonly Buffer[] {
  return frame(
    name,
    events.map((event) => JSON.stringify(event)),
  );
}

async function played(name: Package, events: readonly Event[], request: ModelRequest = ask, call = bounds()) {
  const { provider } = await serve(name, (_call, response) => sendStream(response, name, bytesOf(name, events)));
  return collect(provider.stream(models[name], request, call));
}

function failureIn(parts: readonly ProviderStreamPart[]) {
  const last = parts.at(-1);
  if (last?.type !== 'failed') throw new Error(`expected a failure, not ${JSON.stringify(last)}`);
  return last.failure;
}

function answerIn(parts: readonly ProviderStreamPart[]) {
  const last = parts.at(-1);
  if (last?.type !== 'end') throw new Error(`expected an end, not ${JSON.stringify(last)}`);
  return last.answer;
}

function textsIn(parts: readonly ProviderStreamPart[]) {
  return parts.flatMap((part) => (part.type === 'text_delta' ? [part.text] : []));
}

describe('a stream', () => {
  it('yields each delta at once, before the remaining ones are written', async () => {
    const responses: ServerResponse[] = [];
    const { provider } = await serve('anthropic', (_call, response) => {
      responses.push(response);
      startStream(response, 'anthropic');
      for (const bytes of bytesOf('anthropic', [start, block(0), delta(0, 'Ye')])) response.write(bytes);
    });
    const stream = provider.stream(models.anthropic, ask, bounds())[Symbol.asyncIterator]();
    expect(await stream.next()).toEqual({ done: false, value: { type: 'text_delta', index: 0, text: 'Ye' } });
    for (const bytes of bytesOf('anthropic', [delta(0, 's.'), end(0), ...finish()])) responses[0]?.write(bytes);
    expect(await stream.next()).toEqual({ done: false, value: { type: 'text_delta', index: 0, text: 's.' } });
    // The provider has ended its answer, though not yet its connection.
    expect((await stream.next()).value).toMatchObject({
      type: 'end',
      answer: {
        content: [{ type: 'text', text: 'Yes.' }],
        finishReason: 'stop',
        usage: { inputTokens: 40, outputTokens: 9, source: 'reported' },
        respondedModel: 'claude',
      },
    });
    expect((await stream.next()).done).toBe(true);
    responses[0]?.end();
  });

  it('numbers thinking, texts and tool calls in the order they begin, and joins them to the answer', async () => {
    const parts = await played('anthropic', [
      start,
      block(0, { type: 'thinking', thinking: '', signature: '' }),
      { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Hm' } },
      { type: 'ping' },
      { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig' } },
      end(0),
      block(1),
      end(1),
      block(2, { type: 'tool_use', id: 'a', name: 'weather', input: {} }),
      json(2, '{"city":'),
      json(2, '"Bonn"}'),
      end(2),
      block(3, { type: 'tool_use', id: 'b', name: 'now', input: {} }),
      end(3),
      ...finish('tool_use'),
    ]);
    expect(parts.slice(0, -1)).toEqual([
      { type: 'reasoning_delta', index: 0, text: 'Hm' },
      { type: 'reasoning_delta', index: 0, text: '', opaque: { anthropic: { signature: 'sig' } } },
      { type: 'tool_call_start', index: 1, id: 'a', name: 'weather' },
      { type: 'tool_call_delta', index: 1, arguments: '{"city":' },
      { type: 'tool_call_delta', index: 1, arguments: '"Bonn"}' },
      { type: 'tool_call_start', index: 2, id: 'b', name: 'now' },
      { type: 'tool_call_delta', index: 2, arguments: '{}' },
    ]);
    expect(answerIn(parts)).toMatchObject({
      content: [
        { type: 'reasoning', text: 'Hm', opaque: { anthropic: { signature: 'sig' } } },
        { type: 'tool_call', id: 'a', name: 'weather', arguments: '{"city":"Bonn"}' },
        { type: 'tool_call', id: 'b', name: 'now', arguments: '{}' },
      ],
      finishReason: 'tool_calls',
    });
  });

  it('ends once, whatever follows, and its connection is reused', async () => {
    const sockets = new Set<Socket | null>();
    const events = [start, block(0), delta(0, 'Yes.'), end(0), ...finish(), ...finish(), delta(0, 'more')];
    const { provider } = await serve('anthropic', (_call, response) => {
      sockets.add(response.socket);
      sendStream(response, 'anthropic', bytesOf('anthropic', events));
    });
    for (let time = 0; time < 3; time += 1) {
      const parts = await collect(provider.stream(models.anthropic, ask, bounds()));
      expect(parts.map(({ type }) => type)).toEqual(['text_delta', 'end']);
      await new Promise(setImmediate);
    }
    expect(sockets.size).toBe(1);
  });
});

describe('a stream without its provider’s end', () => {
  const half = [start, block(0), delta(0, 'The half of an answer, and then')];

  it('is incomplete, with what was reported and an estimate of what was written', async () => {
    const failure = failureIn(await played('anthropic', half));
    expect(failure).toMatchObject({ kind: 'stream_incomplete', usage: { inputTokens: 40, source: 'estimated' } });
    expect(failure.usage?.outputTokens).toBeGreaterThan(4);
  });

  it('is incomplete where only the last blank line, or half a character, is missing', async () => {
    const whole = Buffer.concat(bytesOf('anthropic', [...half, end(0), ...finish()]));
    const euro = Buffer.concat(bytesOf('anthropic', [start, block(0), delta(0, '€')]));
    const cut = euro.indexOf(Buffer.from('€')) + 1;
    for (const bytes of [whole.subarray(0, -1), euro.subarray(0, cut)]) {
      const { provider } = await serve('anthropic', (_call, response) => sendStream(response, 'anthropic', [bytes]));
      const parts = await collect(provider.stream(models.anthropic, ask, bounds()));
      expect(failureIn(parts)).toMatchObject({ kind: 'stream_incomplete' });
    }
  });

  it('is incomplete where Anthropic stops without a reason, Cohere without its last event, Mistral without a reason', async () => {
    expect(failureIn(await played('anthropic', [...half, end(0), { type: 'message_stop' }]))).toMatchObject({
      kind: 'stream_incomplete',
    });
    const text = { type: 'content-delta', index: 0, delta: { message: { content: { text: 'Yes.' } } } };
    expect(failureIn(await played('cohere', [text]))).toMatchObject({ kind: 'stream_incomplete' });
    const chunk = (reason: string | null) => ({
      id: '1',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { content: 'Yes.' }, finish_reason: reason }],
      usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
    });
    const undone = bytesOf('mistral', [chunk(null)]).slice(0, -1);
    const { provider } = await serve('mistral', (_call, response) => sendStream(response, 'mistral', undone));
    expect(failureIn(await collect(provider.stream(models.mistral, ask, bounds())))).toMatchObject({
      kind: 'stream_incomplete',
      usage: { inputTokens: 3, outputTokens: 2, source: 'estimated' },
    });
    expect(answerIn(await played('mistral', [chunk('stop')])).usage).toMatchObject({
      inputTokens: 3,
      source: 'reported',
    });
  });

  it('of Bedrock is incomplete within a frame, and whole without the counts that follow it', async () => {
    const events = [
      { messageStart: { role: 'assistant' } },
      { contentBlockDelta: { contentBlockIndex: 0, delta: { text: 'Yes.' } } },
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'end_turn' } },
    ];
    const bytes = Buffer.concat(bytesOf('amazon-bedrock', events));
    const { provider } = await serve('amazon-bedrock', (_call, response) =>
      sendStream(response, 'amazon-bedrock', [bytes.subarray(0, -5)]),
    );
    expect(failureIn(await collect(provider.stream(models['amazon-bedrock'], ask, bounds())))).toMatchObject({
      kind: 'stream_incomplete',
    });
    expect(answerIn(await played('amazon-bedrock', events))).toMatchObject({
      finishReason: 'stop',
      usage: { source: 'estimated' },
    });
  });
});

describe('an error', () => {
  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };

  it('as the first event, or in the middle of an answer, ends the stream', async () => {
    expect(failureIn(await played('anthropic', [overloaded]))).toMatchObject({ kind: 'overloaded', status: 529 });
    const parts = await played('anthropic', [
      start,
      block(0),
      delta(0, 'Ye'),
      overloaded,
      delta(0, 's.'),
      end(0),
      ...finish(),
    ]);
    expect(textsIn(parts)).toEqual(['Ye']);
    expect(failureIn(parts)).toMatchObject({ kind: 'overloaded', usage: { inputTokens: 40, source: 'estimated' } });
  });

  it('of Gemini and Bedrock inside a stream is read like their own', async () => {
    const error = {
      error: {
        code: 429,
        message: 'Slow down',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'RetryInfo', retryDelay: '2s' }],
      },
    };
    expect(failureIn(await played('google', [error]))).toMatchObject({
      kind: 'rate_limited',
      status: 429,
      retryAfterMs: 2_000,
    });
    const exception = { throttlingException: { message: 'Too many requests' } };
    expect(
      failureIn(await played('amazon-bedrock', [{ messageStart: { role: 'assistant' } }, exception])),
    ).toMatchObject({
      kind: 'rate_limited',
      detail: expect.stringContaining('Too many requests'),
    });
  });

  it('of HTTP is no stream', async () => {
    const { provider } = await serve('anthropic', (_call, response) => {
      response.writeHead(503, { 'content-type': 'application/json', 'retry-after': '3' }).end('{"type":"error"}');
    });
    expect(failureIn(await collect(provider.stream(models.anthropic, ask, bounds())))).toMatchObject({
      kind: 'overloaded',
      retryAfterMs: 3_000,
      usage: undefined,
    });
  });

  it('is an event that cannot be read', async () => {
    const { provider } = await serve('cohere', (_call, response) =>
      sendStream(response, 'cohere', [Buffer.from('data: {"type":\n\n')]),
    );
    expect(failureIn(await collect(provider.stream(models.cohere, ask, bounds())))).toMatchObject({
      kind: 'malformed',
    });
  });

  it('is a prompt that Gemini blocks', async () => {
    const parts = await played('google', [
      { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 4 } },
    ]);
    expect(failureIn(parts)).toMatchObject({ kind: 'content_policy', usage: { inputTokens: 4, source: 'reported' } });
  });
});

describe('the bounds of a stream', () => {
  const stalled = (onStart?: (response: ServerResponse) => void) => (_call: unknown, response: ServerResponse) => {
    startStream(response, 'anthropic');
    for (const bytes of bytesOf('anthropic', [start, block(0), delta(0, 'Ye')])) response.write(bytes);
    onStart?.(response);
  };

  it('end it at its deadline, with what was used', async () => {
    const { provider, firstCall } = await serve('anthropic', stalled());
    const parts = await collect(provider.stream(models.anthropic, ask, bounds(600)));
    expect(failureIn(parts)).toMatchObject({ kind: 'timeout', usage: { inputTokens: 40, source: 'estimated' } });
    await (await firstCall()).abandoned;
  });

  it('close the provider’s connection when the caller’s signal aborts, and throw its reason', async () => {
    const { provider, firstCall } = await serve('anthropic', stalled());
    const leaving = new AbortController();
    const stream = provider.stream(models.anthropic, ask, bounds(10_000, leaving.signal))[Symbol.asyncIterator]();
    await stream.next();
    const next = stream.next();
    const reason = new Error('left');
    leaving.abort(reason);
    await expect(next).rejects.toBe(reason);
    await (await firstCall()).abandoned;
  });

  it('close it when its reader leaves', async () => {
    const { provider, firstCall } = await serve('anthropic', stalled());
    for await (const part of provider.stream(models.anthropic, ask, bounds())) {
      expect(part.type).toBe('text_delta');
      break;
    }
    await (await firstCall()).abandoned;
  });

  it('are its bytes as well', async () => {
    const sent: ServerResponse[] = [];
    const { provider } = await serve(
      'anthropic',
      stalled((response) => {
        sent.push(response);
        response.write(`data: ${'x'.repeat(5_000)}`);
      }),
      { maxBytes: 2_000 },
    );
    const parts = await collect(provider.stream(models.anthropic, ask, bounds()));
    expect(failureIn(parts)).toMatchObject({ kind: 'malformed', detail: expect.stringContaining('2000 bytes') });
    const [response] = sent;
    if (response !== undefined && !response.closed) await once(response, 'close');
  });
});

describe('JSON in a stream', () => {
  const schema = { type: 'object', properties: { good: { type: 'boolean' } } };
  const object: ModelRequest = { ...ask, output: { kind: 'json', name: 'review', schema } };
  const list: ModelRequest = {
    ...ask,
    output: { kind: 'json', name: 'topics', schema: { type: 'array', items: { type: 'string' } } },
  };
  const writing = (...texts: readonly string[]) => [
    start,
    block(0),
    ...texts.map((text) => delta(0, text)),
    end(0),
    ...finish(),
  ];

  it('is passed on at once if it begins as JSON', async () => {
    const parts = await played('anthropic', writing(' ', '{"go', 'od":true}'), object);
    expect(textsIn(parts)).toEqual([' {"go', 'od":true}']);
    expect(answerIn(parts).content).toEqual([{ type: 'text', text: ' {"good":true}' }]);
  });

  it('is unwrapped in one piece if it has a fence, or is inside an object', async () => {
    const fenced = await played('anthropic', writing('```json\n', '{"good":true}', '\n```'), object);
    expect(textsIn(fenced)).toEqual(['{"good":true}']);
    const wrapped = await played('anthropic', writing('{"value":', '["a"]}'), list);
    expect(textsIn(wrapped)).toEqual(['["a"]']);
    expect(answerIn(wrapped).content).toEqual([{ type: 'text', text: '["a"]' }]);
  });

  it('is read from the arguments of the tool that has the answer', async () => {
    const events = [
      start,
      block(0),
      delta(0, 'Let me see.'),
      end(0),
      block(1, { type: 'tool_use', id: 't', name: 'review', input: {} }),
      json(1, '{"good":'),
      json(1, 'true}'),
      end(1),
      ...finish('tool_use'),
    ];
    const call = { ...bounds(), structured: 'tool' as const };
    const parts = await played('anthropic', events, object, call);
    expect(answerIn(parts)).toMatchObject({ content: [{ type: 'text', text: '{"good":true}' }], finishReason: 'stop' });
    expect(textsIn(parts)).toEqual(['{"good":true}']);
    const alone = await played('anthropic', [start, ...events.slice(4)], object, call);
    expect(textsIn(alone)).toEqual(['{"good":', 'true}']);
  });
});
