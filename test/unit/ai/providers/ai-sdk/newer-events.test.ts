/** Events that a provider's package does not know yet are skipped; parts of an answer never are. */
import { afterEach, describe, expect, it } from 'vitest';
import { type ModelAnswer, type ProviderStreamPart, textOf } from '../../../../../src/ai/model-call/index.ts';
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
} from '../../models/ai-sdk-endpoint.ts';

afterEach(closeAll);

async function streamed(name: Package, events: readonly object[]): Promise<ProviderStreamPart | undefined> {
  const lines = events.map((event) => JSON.stringify(event));
  const { provider } = await serve(name, (_call, response) => sendStream(response, name, frame(name, lines)));
  return (await collect(provider.stream(models[name], ask, bounds()))).at(-1);
}

async function whole(name: Package, body: object): Promise<{ readonly answer: ModelAnswer; readonly asked: number }> {
  const { provider, calls } = await serve(name, (_call, response) => sendJson(response, JSON.stringify(body)));
  const answer = await provider.complete(models[name], ask, bounds());
  return { answer, asked: calls.length };
}

const usage = { input_tokens: 5, output_tokens: 3 };
const begin = {
  type: 'message_start',
  message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude', content: [], stop_reason: null, usage },
};
const said = (index: number, text: string) => [
  { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index, delta: { type: 'text_delta', text } },
  { type: 'content_block_stop', index },
];
const ends = [
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage },
  { type: 'message_stop' },
];
const newBlock = [
  { type: 'content_block_start', index: 1, content_block: { type: 'mood_block', mood: 'good' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'mood_delta', mood: 'better' } },
  { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"a":1}' } },
  { type: 'content_block_stop', index: 1 },
];
const newCitation = {
  type: 'content_block_delta',
  index: 0,
  delta: { type: 'citations_delta', citation: { type: 'moon' } },
};

describe('a stream of Anthropic', () => {
  it.each([
    [
      'a new event',
      [begin, { type: 'mood', value: 1 }, ...said(0, 'Hello'), { type: 'mood' }, ...said(1, ' you'), ...ends],
    ],
    ['a new kind of block', [begin, ...said(0, 'Hello'), ...newBlock, ...said(2, ' you'), ...ends]],
    [
      'a new kind of citation',
      [
        begin,
        ...said(0, 'Hello').slice(0, 2),
        newCitation,
        { type: 'content_block_stop', index: 0 },
        ...said(1, ' you'),
        ...ends,
      ],
    ],
  ])('preserves every word besides %s', async (_name, events) => {
    const last = await streamed('anthropic', events);
    if (last?.type !== 'end') throw new Error(`expected an end, not ${JSON.stringify(last)}`);
    expect(textOf(last.answer)).toBe('Hello you');
    expect(last.answer).toMatchObject({
      finishReason: 'stop',
      usage: { inputTokens: 5, outputTokens: 3, source: 'reported' },
    });
  });

  it.each([
    ['text that is none', { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 7 } }],
    ['a delta without a kind', { type: 'content_block_delta', index: 0, delta: { text: 'lost' } }],
    ['an event without a kind', { index: 0, delta: { type: 'text_delta', text: 'lost' } }],
    ['an end without counts', { type: 'message_delta', delta: 'end_turn' }],
  ])('fails at %s', async (_name, event) => {
    const last = await streamed('anthropic', [begin, ...said(0, 'Hello'), event, ...ends]);
    expect(last).toMatchObject({ type: 'failed', failure: { kind: 'malformed', usage: { source: 'estimated' } } });
  });
});

it('a stream of Cohere preserves every word besides a new event', async () => {
  const delta = (text: string) => ({ type: 'content-delta', index: 0, delta: { message: { content: { text } } } });
  const last = await streamed('cohere', [
    { type: 'message-start', id: '1' },
    { type: 'content-start', index: 0, delta: { message: { content: { type: 'text', text: '' } } } },
    delta('Hello'),
    { type: 'mood-delta', delta: { message: { mood: 'good' } } },
    delta(' you'),
    { type: 'content-end', index: 0 },
    {
      type: 'message-end',
      delta: { finish_reason: 'COMPLETE', usage: { tokens: { input_tokens: 5, output_tokens: 3 } } },
    },
  ]);
  if (last?.type !== 'end') throw new Error(`expected an end, not ${JSON.stringify(last)}`);
  expect(textOf(last.answer)).toBe('Hello you');
});

describe('a whole answer', () => {
  const message = { ...begin.message, stop_reason: 'end_turn', stop_sequence: null };
  it('of Anthropic preserves every word besides new blocks and citations, and is requested once', async () => {
    const content = [
      { type: 'mood_block', mood: 'good' },
      { type: 'text', text: 'Hello', citations: [{ type: 'moon' }] },
    ];
    const { answer, asked } = await whole('anthropic', { ...message, content });
    expect(textOf(answer)).toBe('Hello');
    expect(answer.usage).toMatchObject({ inputTokens: 5, outputTokens: 3, source: 'reported' });
    expect(asked).toBe(1);
  });

  it('of Mistral preserves every word besides new parts', async () => {
    const content = [
      { type: 'mood', mood: 'good' },
      { type: 'text', text: 'Hello' },
    ];
    const choices = [{ index: 0, message: { role: 'assistant', content, tool_calls: null }, finish_reason: 'stop' }];
    const counts = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };
    const { answer } = await whole('mistral', {
      id: '1',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices,
      usage: counts,
    });
    expect(textOf(answer)).toBe('Hello');
  });

  it('whose text cannot be read is malformed, and paid for', async () => {
    const { provider, calls } = await serve('anthropic', (_call, response) =>
      sendJson(response, JSON.stringify({ ...message, content: [{ type: 'text', text: 7 }, { type: 'mood_block' }] })),
    );
    await expect(provider.complete(models.anthropic, ask, bounds())).rejects.toMatchObject({
      kind: 'malformed',
      usage: { inputTokens: 5, outputTokens: 3 },
    });
    expect(calls).toHaveLength(1);
  });
});
