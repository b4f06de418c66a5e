/** `<think>…</think>` at the head of a text is the model's thinking: never part of the answer, however it is cut. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ThinkingTags } from '../../../src/ai/wires/shared/thinking-tags.ts';
import { startV1Gateway, type V1Gateway, words } from '../../integration/v1/v1-gateway.ts';
import { aiLink, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

function read(pieces: readonly string[]) {
  let [text, reasoning] = ['', ''];
  const tags = new ThinkingTags();
  const to = { text: (piece: string) => (text += piece), reasoning: (piece: string) => (reasoning += piece) };
  for (const piece of pieces) tags.read(piece, to);
  tags.end(to);
  return { text, reasoning };
}

const cases: readonly (readonly [written: string, text: string, reasoning: string])[] = [
  ['<think>Two and two.</think>Four.', 'Four.', 'Two and two.'],
  ['\n<think>\nTwo and two.\n\nSo four.\n</think>\n\nFour.\n', 'Four.\n', 'Two and two.\n\nSo four.'],
  ['<think>\n\n</think>\n\nFour.', 'Four.', ''],
  ['<think></think>', '', ''],
  ['<think>1 < 2 </ think> and </thin </think>Yes.', 'Yes.', '1 < 2 </ think> and </thin'],
  ['<think>It was cut off', '', 'It was cut off'],
  ['<think>a</think><think>b</think>', '<think>b</think>', 'a'],
  ['The tag <think>x</think> is the answer’s.', 'The tag <think>x</think> is the answer’s.', ''],
  ['<thinking about it>', '<thinking about it>', ''],
  ['<thi', '<thi', ''],
  ['  ', '  ', ''],
  ['', '', ''],
];

describe('thinking between tags', () => {
  it.each(cases)('is separated however it is split: %j', (written, text, reasoning) => {
    expect(read([written])).toEqual({ text, reasoning });
    expect(read([...written])).toEqual({ text, reasoning });
    for (let cut = 1; cut < written.length; cut++) {
      expect(read([written.slice(0, cut), written.slice(cut)])).toEqual({ text, reasoning });
    }
  });
});

let gateway: V1Gateway;
beforeAll(async () => {
  gateway = await startV1Gateway();
});
afterAll(() => gateway[Symbol.asyncDispose]());
beforeEach(() => gateway.provider.reset());

const answer = { text: '<think>Two and two.</think>\n\nFour.' };
const chunks = [
  ['<thi', 'nk>Two', ' and two.</th', 'ink>\n', '\nFo', 'ur.'],
  ['<think>Two and two.</think>\n\nFour.'],
  1,
] as const;

describe.each(['chat', 'responses', 'anthropic'] as const)('an answer of the %s wire', (model) => {
  const messages = [{ role: 'user' as const, content: words() }];

  it('is the text after its thinking, for every client', async () => {
    gateway.provider.respond(answer);
    const chat = await gateway.openai.chat.completions.create({ model, messages });
    expect(chat.choices[0]?.message).toMatchObject({ content: 'Four.', reasoning_content: 'Two and two.' });
    const response = await gateway.openai.responses.create({ model, input: words() });
    expect(response.output_text).toBe('Four.');
    const message = await gateway.anthropic.messages.create({ model, messages, max_tokens: 100 });
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'Two and two.' },
      { type: 'text', text: 'Four.' },
    ]);
  });

  it.each(chunks.map((pieces) => ({ pieces })))('is streamed so too: $pieces', async ({ pieces }) => {
    gateway.provider.respond({ ...answer, chunks: pieces });
    const stream = await gateway.openai.chat.completions.create({ model, messages, stream: true });
    let [text, reasoning] = ['', ''];
    for await (const { choices } of stream) {
      const delta = choices[0]?.delta as { content?: string; reasoning_content?: string } | undefined;
      text += delta?.content ?? '';
      reasoning += delta?.reasoning_content ?? '';
    }
    expect([text, reasoning]).toEqual(['Four.', 'Two and two.']);
    const response = await gateway.openai.responses.stream({ model, input: words() }).finalResponse();
    expect(response.output_text).toBe('Four.');
    const message = await gateway.anthropic.messages.stream({ model, messages, max_tokens: 100 }).finalMessage();
    expect(message.content).toMatchObject([
      { type: 'thinking', thinking: 'Two and two.' },
      { type: 'text', text: 'Four.' },
    ]);
  });

  it('of JSON is the JSON', async () => {
    gateway.provider.respond({ text: '<think>{"not": "it"}</think>{"answer":4}' });
    const schema = {
      type: 'object',
      properties: { answer: { type: 'integer' } },
      required: ['answer'],
      additionalProperties: false,
    };
    const asked = {
      model,
      messages,
      response_format: { type: 'json_schema' as const, json_schema: { name: 'a', schema, strict: true } },
    };
    const chat = await gateway.openai.chat.completions.create(asked);
    expect(JSON.parse(chat.choices[0]?.message.content ?? '')).toEqual({ answer: 4 });
  });

  it('that was cut while it thought has no text', async () => {
    gateway.provider.respond({ text: '<think>Two and', finishReason: 'length' });
    const chat = await gateway.openai.chat.completions.create({ model, messages });
    expect(chat.choices[0]).toMatchObject({ finish_reason: 'length', message: { reasoning_content: 'Two and' } });
    expect(chat.choices[0]?.message.content ?? '').toBe('');
  });
});

describe('an AI field', () => {
  it('contains no thinking, whatever its type and form', async () => {
    const plain = (text: string): string => `---\nmodel: fast\nconfig: { maxOutputTokens: 50 }\n---\n${text}`;
    await using graph = await startAiGraph({
      subgraphs: {
        writers: {
          sdl: `${aiLink}
            type Query { haiku: String @generate(prompt: "haiku")  idea: Idea @generate(prompt: "idea")  mood: Mood @generate(prompt: "mood") }
            type Idea { title: String!  stars: Int }
            enum Mood { GOOD BAD }`,
          prompts: {
            'haiku.prompt': plain('A haiku'),
            'idea.prompt': plain('An idea'),
            'mood.prompt': plain('A mood'),
          },
        },
      },
    });
    const answers = { 'A haiku': 'Rain.', 'An idea': '{"title":"Rain","stars":3}', 'A mood': '{"value":"GOOD"}' };
    graph.provider.respond(({ body }) => {
      const asked = JSON.stringify(body);
      const [, answer = ''] = Object.entries(answers).find(([prompt]) => asked.includes(prompt)) ?? [];
      return { text: `<think>{"not": "this"}</think>\n${answer}` };
    });
    const { data, errors } = await graph.query('{ haiku idea { title stars } mood }');
    expect(errors).toBeUndefined();
    expect(data).toEqual({ haiku: 'Rain.', idea: { title: 'Rain', stars: 3 }, mood: 'GOOD' });
  });
});
