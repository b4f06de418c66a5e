import { describe, expect, it } from 'vitest';
import type { StreamDelta } from '../../../../src/ai/model-call/index.ts';
import { normaliseChatCompletion } from '../../../../src/ai/wires/openai-chat/normalise-chat-completion.ts';
import { readChatCompletion } from '../../../../src/ai/wires/openai-chat/read-chat-completion.ts';
import { ChatStreamReader } from '../../../../src/ai/wires/openai-chat/read-chat-stream.ts';
import { ResponsesStreamReader } from '../../../../src/ai/wires/openai-responses/read-responses-stream.ts';
import { normaliseUsage } from '../../../../src/ai/wires/shared/openai/normalise-usage.ts';
import type { AnswerContext, StreamReader } from '../../../../src/ai/wires/shared/stream-reader.ts';
import { chatChunk, chatCompletion } from './chat-endpoint.ts';
import { text } from './openai-serve.ts';

const context: AnswerContext = {
  provider: 'p',
  request: text,
  reading: undefined,
  keys: [],
  passing: { dropsUsage: false },
};

/** What is passed on of each event, in order. */
function passed(reader: StreamReader, events: readonly string[]): readonly string[] {
  return events.flatMap((event) => {
    const out: StreamDelta[] = [];
    reader.read(event, undefined, out);
    return out.flatMap((delta) => ('wire' in delta && delta.wire !== undefined ? [delta.wire] : []));
  });
}

const chat = (...events: readonly string[]) => passed(new ChatStreamReader(context), events);
const first = chatChunk({ role: 'assistant', content: '' });

describe('a chat stream that is passed on', () => {
  it.each([
    [
      'what Azure sends first',
      [JSON.stringify({ id: '', object: '', created: 0, model: '', choices: [], prompt_filter_results: [] }), first],
    ],
    [
      'fields nobody knows',
      [first, chatChunk({ content: 'a', reasoning_details: [1] }, { obfuscation: 'xyz', service_tier: 'x' })],
    ],
    [
      'a second choice',
      [
        first,
        chatChunk({}, { choices: [{ index: 1, delta: { role: 'assistant', content: 'b' }, finish_reason: null }] }),
      ],
    ],
    [
      'calls under their older name',
      [
        first,
        chatChunk({ function_call: { name: 'w', arguments: '' } }),
        chatChunk({ function_call: { arguments: '{}' } }),
        chatChunk({}, {}, 'function_call'),
      ],
    ],
    [
      'logprobs',
      [
        first,
        chatChunk(
          {},
          { choices: [{ index: 0, delta: { content: 'a' }, logprobs: { content: [] }, finish_reason: null }] },
        ),
      ],
    ],
    [
      'usage',
      [
        first,
        chatChunk({}, { choices: [], usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3, cost: 0.1 } }),
      ],
    ],
  ])('keeps %s, byte for byte', (_what, events) => {
    expect(chat(...events)).toEqual(events);
  });

  it('sends a role once for each choice', () => {
    const events = [0, 1, 0, 1].map((index) =>
      chatChunk({}, { choices: [{ index, delta: { content: 'x' }, finish_reason: null }] }),
    );
    const roles = chat(...events).map(
      (wire) => (JSON.parse(wire) as { choices: { delta: { role?: string } }[] }).choices[0]?.delta.role,
    );
    expect(roles).toEqual(['assistant', 'assistant', undefined, undefined]);
  });

  it('preserves the other fields of a chunk that it normalises', () => {
    const [wire] = chat(
      JSON.stringify({ choices: [{ index: 0, delta: { content: 'a', extra: 1 }, logprobs: null }], citations: ['x'] }),
    );
    expect(JSON.parse(wire ?? '')).toMatchObject({
      id: expect.stringMatching(/^chatcmpl-/),
      object: 'chat.completion.chunk',
      created: expect.any(Number),
      model: '',
      choices: [{ delta: { role: 'assistant', content: 'a', extra: 1 }, logprobs: null, finish_reason: null }],
      citations: ['x'],
    });
  });

  it('skips what is not a chunk', () => {
    expect(chat(first, '{}', '{"type":"newer"}', '{"choices":[]}')).toEqual([first]);
  });
});

describe('a responses stream that is passed on', () => {
  const response = { id: 'r', object: 'response', status: 'in_progress', output: [] };
  it('preserves an item’s parts, also of reasoning, byte for byte, and starts none twice', () => {
    const place = { item_id: 'rs', output_index: 0 };
    const part = { type: 'summary_text', text: '' };
    const events = [
      { type: 'response.created', response },
      { type: 'response.output_item.added', output_index: 0, item: { id: 'rs', type: 'reasoning', summary: [] } },
      { type: 'response.reasoning_summary_part.added', ...place, summary_index: 0, part },
      { type: 'response.reasoning_summary_text.delta', ...place, summary_index: 0, delta: 'Hm' },
      { type: 'response.reasoning_summary_text.done', ...place, summary_index: 0, text: 'Hm' },
      { type: 'response.reasoning_summary_part.done', ...place, summary_index: 0, part: { ...part, text: 'Hm' } },
      { type: 'response.reasoning_summary_part.added', ...place, summary_index: 1, part },
      { type: 'response.reasoning_summary_text.delta', ...place, summary_index: 1, delta: 'Aha' },
    ].map((event) => JSON.stringify(event));
    expect(passed(new ResponsesStreamReader(context), events)).toEqual(events);
    const twice = [...events.slice(0, 3), events[2] ?? '', events[1] ?? '', ...events.slice(3)];
    expect(passed(new ResponsesStreamReader(context), twice)).toEqual(events);
  });
});

describe('a whole chat completion that is passed on', () => {
  const conformed = (body: object) => {
    const written = JSON.stringify(body);
    return { written, passed: normaliseChatCompletion(written, body, readChatCompletion(body, context)) };
  };

  it('is its bytes where it is well-formed', () => {
    const { written, passed: wire } = conformed(chatCompletion({ content: 'Yes.', annotations: [] }, { extra: 1 }));
    expect(wire).toBe(written);
  });

  it('preserves other choices and unknown fields when it is normalised', () => {
    const choices = [
      { index: 1, message: { content: 'two' }, finish_reason: 'eos' },
      { index: 0, message: { content: null, tool_calls: [{ function: { name: 'w', arguments: '' }, extra: 1 }] } },
    ];
    expect(JSON.parse(conformed({ choices, extra: 1 }).passed)).toMatchObject({
      object: 'chat.completion',
      extra: 1,
      choices: [
        {
          index: 1,
          message: { role: 'assistant', content: 'two', refusal: null },
          finish_reason: 'stop',
          logprobs: null,
        },
        {
          index: 0,
          message: {
            content: null,
            tool_calls: [
              {
                id: expect.stringMatching(/^call_/),
                type: 'function',
                function: { name: 'w', arguments: '{}' },
                extra: 1,
              },
            ],
          },
        },
      ],
    });
  });
});

describe('usage that is passed on', () => {
  it('is the same object if it conforms to the wire', () => {
    const usage = {
      prompt_tokens: 3,
      completion_tokens: 4,
      total_tokens: 7,
      completion_tokens_details: { reasoning_tokens: 2 },
    };
    expect(normaliseUsage(usage)).toBe(usage);
    expect(normaliseUsage(null)).toBeNull();
    expect(normaliseUsage(undefined)).toBeUndefined();
  });

  it('counts reasoning that its provider counts aside, and is null where it is no count', () => {
    const aside = {
      prompt_tokens: 3,
      completion_tokens: 4,
      total_tokens: 17,
      completion_tokens_details: { reasoning_tokens: 10 },
    };
    expect(normaliseUsage(aside)).toEqual({ ...aside, completion_tokens: 14 });
    expect(normaliseUsage({ prompt_tokens: 3, completion_tokens: null, total_tokens: 3 })).toMatchObject({
      completion_tokens: 0,
    });
    expect(normaliseUsage({ prompt_tokens: -1, completion_tokens: 1 })).toBeNull();
    expect(normaliseUsage('12')).toBeNull();
  });
});
