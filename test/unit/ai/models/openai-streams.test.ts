import { describe, expect, it } from 'vitest';
import type { ModelRequest, ProviderStreamPart } from '../../../../src/ai/model-call/index.ts';
import { textOf } from '../../../../src/ai/model-call/index.ts';
import { createSseReader } from '../../../../src/ai/wires/shared/sse-events.ts';
import { chatChunk, eventStream, sendEvents, sendJson } from './chat-endpoint.ts';
import { called, endOf, failureIn, joinDeltas, partsOf, type Reply, serve, text } from './openai-serve.ts';

const usage = { prompt_tokens: 12, completion_tokens: 5, total_tokens: 17 };
const stop = chatChunk({}, {}, 'stop');

const streaming =
  (...events: string[]): Reply =>
  (_call, response) =>
    sendEvents(response, events);

async function streamed(reply: Reply, request: ModelRequest = text, more: Parameters<typeof called>[0] = {}) {
  const { provider } = await serve(reply);
  return partsOf(provider.stream('gpt-test', request, called(more)));
}

const deltas = (parts: readonly ProviderStreamPart[]) => parts.slice(0, -1);

describe('a stream on the chat wire', () => {
  it('has parts numbered in their order, and ends with the complete answer', async () => {
    const parts = await streamed(
      streaming(
        chatChunk({ role: 'assistant', content: '' }),
        chatChunk({ reasoning: 'Let me' }),
        chatChunk({ reasoning_content: ' see.' }),
        chatChunk({ content: 'Both ' }),
        chatChunk({ content: 'cities:' }),
        chatChunk({ tool_calls: [{ index: 0, id: 'c1', function: { name: 'weather', arguments: '' } }] }),
        chatChunk({ tool_calls: [{ index: 1, id: 'c2', function: { name: 'weather', arguments: '{"in"' } }] }),
        chatChunk({ tool_calls: [{ index: 0, function: { name: '', arguments: '{"in":"Rome"}' } }] }),
        chatChunk({ tool_calls: [{ index: 1, function: { arguments: ':"Oslo"}' } }] }),
        chatChunk({}, {}, 'tool_calls'),
        JSON.stringify({ choices: [], usage }),
        '[DONE]',
      ),
    );
    expect(deltas(parts)).toEqual([
      { type: 'reasoning_delta', index: 0, text: 'Let me' },
      { type: 'reasoning_delta', index: 0, text: ' see.' },
      { type: 'text_delta', index: 1, text: 'Both ' },
      { type: 'text_delta', index: 1, text: 'cities:' },
      { type: 'tool_call_start', index: 2, id: 'c1', name: 'weather' },
      { type: 'tool_call_start', index: 3, id: 'c2', name: 'weather' },
      { type: 'tool_call_delta', index: 3, arguments: '{"in"' },
      { type: 'tool_call_delta', index: 2, arguments: '{"in":"Rome"}' },
      { type: 'tool_call_delta', index: 3, arguments: ':"Oslo"}' },
    ]);
    expect(endOf(parts)).toEqual({
      content: [
        { type: 'reasoning', text: 'Let me see.' },
        { type: 'text', text: 'Both cities:' },
        { type: 'tool_call', id: 'c1', name: 'weather', arguments: '{"in":"Rome"}' },
        { type: 'tool_call', id: 'c2', name: 'weather', arguments: '{"in":"Oslo"}' },
      ],
      finishReason: 'tool_calls',
      usage: { inputTokens: 12, outputTokens: 5, source: 'reported' },
      requestId: 'chatcmpl-1',
      respondedModel: 'gpt-test',
    });
  });

  it('separates calls that share a number, or have none', async () => {
    for (const index of [{ index: 0 }, {}]) {
      const parts = await streamed(
        streaming(
          chatChunk({ tool_calls: [{ ...index, id: 'c1', function: { name: 'a', arguments: { x: 1 } } }] }),
          chatChunk({ tool_calls: [{ ...index, id: 'c2', function: { name: 'b', arguments: '{"y"' } }] }),
          chatChunk({ tool_calls: [{ ...index, function: { arguments: ':2}' } }] }),
          stop,
          '[DONE]',
        ),
      );
      expect(endOf(parts)).toMatchObject({
        finishReason: 'tool_calls',
        content: [
          { id: 'c1', name: 'a', arguments: '{"x":1}' },
          { id: 'c2', name: 'b', arguments: '{"y":2}' },
        ],
      });
      expect(joinDeltas(parts)).toEqual(endOf(parts).content);
    }
  });

  it('writes the arguments of a call without any as an empty object', async () => {
    const parts = await streamed(
      streaming(chatChunk({ tool_calls: [{ index: 0, function: { name: 'now' } }] }), stop, '[DONE]'),
    );
    expect(endOf(parts).content).toMatchObject([{ name: 'now', arguments: '{}', id: expect.stringMatching(/^call_/) }]);
    expect(joinDeltas(parts)).toEqual(endOf(parts).content);
  });

  it('counts usage of every chunk once: the last wins', async () => {
    const at = (completion_tokens: number) => ({ usage: { ...usage, completion_tokens } });
    const parts = await streamed(
      streaming(
        chatChunk({ content: 'a' }, at(1)),
        chatChunk({ content: 'b' }, at(2)),
        chatChunk({}, at(2), 'stop'),
        JSON.stringify({ choices: [], ...at(2) }),
        '[DONE]',
      ),
    );
    expect(endOf(parts).usage).toMatchObject({ inputTokens: 12, outputTokens: 2, source: 'reported' });
  });

  it('estimates missing usage', async () => {
    const parts = await streamed(streaming(chatChunk({ content: 'Well, perhaps.' }), stop, '[DONE]'));
    expect(endOf(parts).usage).toMatchObject({ source: 'estimated' });
    expect(endOf(parts).usage.outputTokens).toBeGreaterThan(0);
  });

  it('reports a refusal as a refusal', async () => {
    const parts = await streamed(
      streaming(chatChunk({ refusal: 'I ' }), chatChunk({ refusal: 'cannot.' }), stop, '[DONE]'),
    );
    expect(deltas(parts).map(({ type }) => type)).toEqual(['refusal_delta', 'refusal_delta']);
    expect(endOf(parts)).toMatchObject({ refusal: 'I cannot.', finishReason: 'refusal', content: [] });
  });
});

describe('a stream of JSON', () => {
  const output = { kind: 'json', name: 'answer', schema: { type: 'object', properties: { a: {} } } } as const;
  const list = { kind: 'json', name: 'list', schema: { type: 'array' } } as const;

  it('is passed on at once if it is JSON from the first character', async () => {
    const parts = await streamed(
      streaming(chatChunk({ content: '\n{"a"' }), chatChunk({ content: ':1}' }), stop, '[DONE]'),
      { ...text, output },
    );
    expect(deltas(parts)).toHaveLength(2);
    expect(JSON.parse(textOf(endOf(parts)))).toEqual({ a: 1 });
    expect(joinDeltas(parts)).toEqual(endOf(parts).content);
  });

  it('is buffered until it is complete if it is wrapped, fenced or a call’s arguments', async () => {
    const wrapped = await streamed(
      streaming(chatChunk({ content: '{"value":' }), chatChunk({ content: '[1]}' }), stop, '[DONE]'),
      { ...text, output: list },
    );
    const fenced = await streamed(
      streaming(chatChunk({ content: 'Here:\n```json\n' }), chatChunk({ content: '[1]\n```' }), stop, '[DONE]'),
      { ...text, output: list },
      { structured: 'prompt' },
    );
    const call = (args: string) =>
      chatChunk({ tool_calls: [{ index: 0, id: 'c', function: { name: 'list', arguments: args } }] });
    const tool = await streamed(
      streaming(chatChunk({ content: 'I call.' }), call('{"value":'), call('[1]}'), stop, '[DONE]'),
      { ...text, output: list },
      { structured: 'tool' },
    );
    for (const parts of [wrapped, fenced, tool]) {
      expect(deltas(parts)).toEqual([{ type: 'text_delta', index: 0, text: '[1]' }]);
      expect(endOf(parts)).toMatchObject({ content: [{ type: 'text', text: '[1]' }], finishReason: 'stop' });
    }
  });
});

describe('a stream that is not whole', () => {
  it.each([
    ['without any event', ''],
    ['without a finish reason', eventStream([chatChunk({ content: 'Half' })])],
    ['done without a finish reason', eventStream([chatChunk({ content: 'Half' }), '[DONE]'])],
    ['in the middle of an event', eventStream([chatChunk({ content: 'Half' }), stop]).slice(0, -30)],
    ['in the middle of a character', Buffer.from(`data: {"choices":[{"delta":{"content":"é`).subarray(0, -1)],
  ])('is a failure, never a short answer: %s', async (_what, body) => {
    const parts = await streamed((_call, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body),
    );
    expect(failureIn(parts)).toMatchObject({ kind: 'stream_incomplete', usage: { source: 'estimated' } });
  });

  it('may lack [DONE] where the connection ends cleanly after its finish reason', async () => {
    const parts = await streamed((_call, response) =>
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(eventStream([chatChunk({ content: 'Whole' }), stop])),
    );
    expect(endOf(parts)).toMatchObject({ content: [{ type: 'text', text: 'Whole' }], finishReason: 'stop' });
  });

  it('may lack the blank line after its last event', async () => {
    const body = eventStream([chatChunk({ content: 'Whole' }), stop, '[DONE]']).trimEnd();
    const parts = await streamed((_call, response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(body),
    );
    expect(textOf(endOf(parts))).toBe('Whole');
  });

  it('reports the parts before the connection broke, with the tokens so far', async () => {
    const parts = await streamed((_call, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'req_1' });
      response.write(eventStream([chatChunk({ content: 'Half a sentence' })]), () => response.destroy());
    });
    expect(deltas(parts)).toEqual([{ type: 'text_delta', index: 0, text: 'Half a sentence' }]);
    expect(failureIn(parts)).toMatchObject({ kind: 'connection', requestId: 'req_1', usage: { source: 'estimated' } });
    expect(failureIn(parts).usage?.outputTokens).toBeGreaterThan(0);
  });

  it('is aborted at the deadline, with the tokens so far, and its connection is closed', async () => {
    const { provider, nextCall } = await serve((_call, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(eventStream([chatChunk({ content: 'Half' }, { usage })]));
    });
    const arrived = nextCall();
    const parts = await partsOf(provider.stream('gpt-test', text, called({ milliseconds: 500 })));
    expect(failureIn(parts)).toMatchObject({ kind: 'timeout', usage: { inputTokens: 12, source: 'reported' } });
    await (await arrived).abandoned;
  });

  it('fails with the kind of an error inside the stream', async () => {
    const error = { message: 'Rate limit reached', code: 'rate_limit_exceeded' };
    const told = await streamed(streaming(JSON.stringify({ error })));
    expect(failureIn(told)).toMatchObject({ kind: 'rate_limited', usage: undefined });
    const named = await streamed((_call, response) =>
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(`event: error\ndata: ${JSON.stringify(error)}\n\n`),
    );
    expect(failureIn(named).kind).toBe('rate_limited');
    const late = await streamed(
      streaming(chatChunk({ content: 'Half' }), JSON.stringify({ error: { message: 'broken' } })),
    );
    expect(failureIn(late)).toMatchObject({ kind: 'server_error', usage: { source: 'estimated' } });
    const reason = await streamed(streaming(chatChunk({}, {}, 'insufficient_system_resource'), '[DONE]'));
    expect(failureIn(reason).kind).toBe('overloaded');
  });

  it('fails with the kind of the answer that replaced the stream', async () => {
    const limited = await streamed((_call, response) => {
      response.setHeader('retry-after', '2');
      sendJson(response, { error: { message: 'Slow down.' } }, 429);
    });
    expect(failureIn(limited)).toMatchObject({ kind: 'rate_limited', retryAfterMs: 2_000, usage: undefined });
    const error = await streamed((_call, response) =>
      sendJson(response, { error: { message: 'x', code: 'content_filter' } }),
    );
    expect(failureIn(error).kind).toBe('content_policy');
    const page = await streamed((_call, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<p>'),
    );
    expect(failureIn(page).kind).toBe('malformed');
    const noise = await streamed(streaming('not JSON', stop, '[DONE]'));
    expect(failureIn(noise).kind).toBe('malformed');
  });

  it('cannot fill the memory with one event', async () => {
    const { provider } = await serve(
      (_call, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(`data: ${'x'.repeat(5_000)}`);
      },
      { maxBytes: 1_000 },
    );
    expect(failureIn(await partsOf(provider.stream('gpt-test', text, called()))).detail).toMatch(/longer than 1000/);
  });
});

describe('a stream without a reader', () => {
  const dripping: Reply = (_call, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(eventStream([chatChunk({ content: 'Half' })]));
  };

  it('throws the signal’s reason and closes the connection', async () => {
    const { provider, nextCall } = await serve(dripping);
    const controller = new AbortController();
    const arrived = nextCall();
    const stream = provider.stream('gpt-test', text, called({ signal: controller.signal }))[Symbol.asyncIterator]();
    expect((await stream.next()).value).toMatchObject({ type: 'text_delta' });
    const next = stream.next();
    controller.abort(new Error('the client went away'));
    await expect(next).rejects.toThrow('the client went away');
    await (await arrived).abandoned;
  });

  it('closes the connection when its reader stops reading', async () => {
    const { provider, nextCall } = await serve(dripping);
    const arrived = nextCall();
    for await (const part of provider.stream('gpt-test', text, called())) {
      expect(part.type).toBe('text_delta');
      break;
    }
    await (await arrived).abandoned;
  });
});

describe('a stream on the responses wire', () => {
  const own = async (...events: readonly object[]) => {
    const { provider } = await serve(streaming(...events.map((event) => JSON.stringify(event))), { wire: 'responses' });
    return partsOf(provider.stream('gpt-test', text, called()));
  };
  const completed = { type: 'response.completed', response: { status: 'completed', output: [] } };

  it('fails with an error event, whatever follows it', async () => {
    const created = { type: 'response.created', response: { id: 'r' } };
    const error = { type: 'error', code: 'insufficient_quota', message: 'You exceeded your quota.' };
    const failed = {
      type: 'response.failed',
      response: { status: 'failed', error, usage: { input_tokens: 3, output_tokens: 0 } },
    };
    for (const events of [[error], [error, failed], [failed], [error, completed]]) {
      expect(failureIn(await own(created, ...events)).kind).toBe('quota_exhausted');
    }
    expect(failureIn(await own(created, error, failed)).usage).toMatchObject({ inputTokens: 3, source: 'reported' });
  });

  it('distinguishes why it is incomplete', async () => {
    for (const [reason, finish] of [
      ['max_output_tokens', 'length'],
      ['content_filter', 'content_filter'],
    ] as const) {
      const response = { status: 'incomplete', incomplete_details: { reason }, output: [] };
      const delta = { type: 'response.output_text.delta', output_index: 0, content_index: 0, delta: 'Half' };
      expect(endOf(await own(delta, { type: 'response.incomplete', response }))).toMatchObject({
        content: [{ type: 'text', text: 'Half' }],
        finishReason: finish,
      });
    }
  });

  it('reads complete pieces, and an answer that only its end contains', async () => {
    const call = { type: 'function_call', call_id: 'c1', name: 'now', arguments: '{"a":1}' };
    const message = { type: 'message', content: [{ type: 'output_text', text: 'Hi' }] };
    const whole = await own(
      { type: 'response.output_text.done', output_index: 0, content_index: 0, text: 'Hi' },
      { type: 'response.output_item.done', output_index: 1, item: call },
      completed,
    );
    const late = await own({ ...completed, response: { status: 'completed', output: [message, call] } });
    for (const parts of [whole, late]) {
      expect(endOf(parts)).toMatchObject({
        finishReason: 'tool_calls',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'tool_call', id: 'c1', name: 'now', arguments: '{"a":1}' },
        ],
      });
      expect(joinDeltas(parts)).toEqual(endOf(parts).content);
    }
  });
});

describe('server-sent events', () => {
  const read = (pieces: readonly Uint8Array[]) => {
    const events: [string | undefined, string][] = [];
    const reader = createSseReader({ onEvent: (data, event) => events.push([event, data]), maxLength: 1_000 });
    for (const piece of pieces) reader.feed(piece);
    reader.end();
    return events;
  };

  it('are the same however the bytes are cut', () => {
    const body = Buffer.from(
      '\uFEFF: hello\r\n\r\nevent: a\r\ndata:{"x":"é😀"}\r\n\r\ndata: 1\ndata: 2\n\nid: 7\nretry: 9\ndata:last',
    );
    const expected = [
      ['a', '{"x":"é😀"}'],
      [undefined, '1\n2'],
      [undefined, 'last'],
    ];
    for (let cut = 0; cut <= body.length; cut += 1) {
      expect(read([body.subarray(0, cut), body.subarray(cut)])).toEqual(expected);
    }
    expect(read(Array.from(body, (byte) => Uint8Array.of(byte)))).toEqual(expected);
  });
});
