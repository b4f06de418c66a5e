/** Several items in one call: the number of calls, each item's part of the answer, and its share of the cost. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedRequest, ScriptedReply } from '../../../src/testing.ts';
import {
  type AiGraph,
  aiLink,
  canary,
  type Explained,
  messagesOf,
  schemaOf,
  startAiGraph,
  userTextOf,
} from '../../testkit/graphs/ai-graph.ts';

const sdl = `${aiLink}
type Product @key(fields: "id") {
  id: ID!
  name: String! @external
  slogan: String @requires(fields: "name") @generate(prompt: "slogan", maxOutputTokens: 20)
  mood: Mood @requires(fields: "name") @generate(prompt: "mood", maxOutputTokens: 10)
}
enum Mood { GOOD BAD }
`;
const head = `---\nmodel: fast\nbatch: { max: 5 }\n---\n{{role "system"}}\nBe brief. Code ${canary}.\n`;
const prompts = {
  'slogan.prompt': `${head}{{role "user"}}\nFor {{name}}.`,
  'mood.prompt': `${head}{{role "user"}}\nAn example.\n{{role "model"}}\n{"value":"BAD"}\n{{role "user"}}\nMood of {{name}}.`,
};

const isBatch = (request: ReceivedRequest): boolean => userTextOf(request).includes('Item 1 of');
const numbersIn = (request: ReceivedRequest): string[] =>
  [...userTextOf(request).matchAll(/(?:For|Mood of) Product (\d+)/g)].map(([, number]) => number ?? '');

const idsIn = (request: ReceivedRequest): string[] =>
  [...userTextOf(request).matchAll(/^Item \d+ of \d+, id (\S+):$/gm)].map(([, id]) => id ?? '');

type Item = { index: unknown; id: unknown; answer: unknown };
/** Answers a batch with one entry per item, changed by the test; a single call with `alone N`. */
const answering =
  (change: (items: Item[]) => unknown) =>
  (request: ReceivedRequest): ScriptedReply =>
    isBatch(request)
      ? {
          json: {
            items: change(
              numbersIn(request).map((number, at) => ({
                index: at + 1,
                id: idsIn(request)[at],
                answer: `together ${number}`,
              })),
            ),
          },
        }
      : { text: `alone ${numbersIn(request)[0]}` };

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({
    products: 12,
    subgraphs: { assistant: { sdl, prompts } },
    fields: '{ cache: { enabled: false } }',
  });
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => graph.provider.reset());

const slogans = async (query = '{ products { slogan } }'): Promise<(string | null)[]> => {
  const { data } = await graph.query(query);
  return data.products.map(({ slogan }: { slogan: string | null }) => slogan);
};

describe('a batch', () => {
  it('generates twelve items in three calls of five, five and two, and splits the answers by item', async () => {
    graph.provider.respond(answering((items) => items.reverse()));
    expect(await slogans()).toEqual(Array.from({ length: 12 }, (_, index) => `together ${index + 1}`));
    expect(graph.provider.requests.map(numbersIn).map(({ length }) => length)).toEqual([5, 5, 2]);
  });

  it('sends the instructions once and each item in a user message under its number and id', async () => {
    graph.provider.respond(answering((items) => items));
    await slogans('{ products(first: 2) { slogan } }');
    const messages = messagesOf(graph.provider.requests[0]);
    expect(messages.filter(({ text }) => text.includes('Be brief.'))).toHaveLength(1);
    expect(messages.filter(({ role }) => role === 'user').map(({ text }) => text)).toEqual([
      expect.stringMatching(/^Item 1 of 2, id [a-z2-9]{4}:\s+For Product 1\.$/),
      expect.stringMatching(/^Item 2 of 2, id [a-z2-9]{4}:\s+For Product 2\.$/),
    ]);
    expect(JSON.stringify(schemaOf(graph.provider.requests[0]))).toContain('"index"');
    expect(JSON.stringify(schemaOf(graph.provider.requests[0]))).toContain('"id"');
  });

  it('sends examples once, before the items', async () => {
    graph.provider.respond((request) => ({
      json: { items: idsIn(request).map((id, at) => ({ index: at + 1, id, answer: { value: 'GOOD' } })) },
    }));
    const { data } = await graph.query('{ products(first: 3) { mood } }');
    expect(data.products).toEqual(Array(3).fill({ mood: 'GOOD' }));
    const roles = messagesOf(graph.provider.requests[0]).map(({ role, text }) => `${role}:${text.slice(0, 6)}`);
    expect(roles.slice(-5)).toEqual(['user:An exa', 'assistant:{"valu', 'user:Item 1', 'user:Item 2', 'user:Item 3']);
  });

  it('does not batch a single item', async () => {
    graph.provider.respond(answering((items) => items));
    expect(await slogans('{ products(first: 1) { slogan } }')).toEqual(['alone 1']);
    expect(schemaOf(graph.provider.requests[0])).toBeUndefined();
  });

  const of = (index: unknown, answer: unknown, id?: unknown): Item => ({ index, id, answer });
  const idOf = (items: Item[], index: number): unknown => items[index - 1]?.id;
  it.each<[string, (items: Item[]) => unknown, readonly number[]]>([
    ['missing', (items) => items.filter(({ index }) => index !== 2), [2]],
    ['given twice', (items) => [...items, of(3, 'another', idOf(items, 3))], [3]],
    [
      'out of range',
      (items) =>
        [...items.slice(0, 3), of(0, 'x'), of(4, 'x'), of(9, 'x'), of(-1, 'x')].filter((item) => item.index !== 4),
      [4],
    ],
    ['numbered in words', (items) => [of('1', 'x', idOf(items, 1)), ...items.slice(1)], [1]],
    [
      'not of the type',
      (items) => [of(1, { deep: [] }, idOf(items, 1)), of(2, '', idOf(items, 2)), ...items.slice(2)],
      [1, 2],
    ],
    ['no objects', (items) => [null, 7, 'x', [], ...items.slice(2)], [1, 2]],
    ['no list', () => 'none', [1, 2, 3, 4]],
    [
      'named __proto__',
      (items) => [JSON.parse('{"__proto__": {"index": 1, "answer": "polluted"}}'), ...items.slice(1)],
      [1],
    ],
  ])('asks alone for items that are %s, and keeps the others', async (_name, change, alone) => {
    graph.provider.respond(answering(change));
    expect(await slogans('{ products(first: 4) { slogan } }')).toEqual(
      [1, 2, 3, 4].map((number) => (alone.includes(number) ? `alone ${number}` : `together ${number}`)),
    );
    expect(graph.provider.requests).toHaveLength(1 + alone.length);
    expect(({} as { answer?: unknown }).answer).toBeUndefined();
  });

  it.each<[string, ScriptedReply]>([
    ['prose', { text: 'Certainly! Here are the slogans.' }],
    ['cut', { text: '{"items":[{"index":1,"answer":"to', finishReason: 'length' }],
    ['a refusal', { refusal: 'I would rather not.' }],
    ['the instructions', { json: { items: [{ index: 1, answer: `My code is ${canary}` }] } }],
  ])('asks for each alone where the answer is %s', async (_name, reply) => {
    graph.provider.respond((request) => (isBatch(request) ? reply : { text: `alone ${numbersIn(request)[0]}` }));
    expect(await slogans('{ products(first: 3) { slogan } }')).toEqual(['alone 1', 'alone 2', 'alone 3']);
    expect(graph.provider.requests).toHaveLength(4);
  });

  it('requests each alone if the model does not support this form', async () => {
    graph.provider.respond((request) =>
      isBatch(request) ? { error: { status: 400 } } : { text: `alone ${numbersIn(request)[0]}` },
    );
    expect(await slogans('{ products(first: 2) { slogan } }')).toEqual(['alone 1', 'alone 2']);
    expect(graph.provider.requests).toHaveLength(3);
  });

  it('does not meet a provider’s fault once for each item', async () => {
    graph.provider.respond({ error: { status: 503 } });
    const { data, errors } = await graph.query('{ products(first: 4) { slogan } }');
    expect(data.products).toEqual(Array(4).fill({ slogan: null }));
    expect(errors?.map(({ path, extensions }) => [path?.[1], extensions.code])).toEqual(
      [0, 1, 2, 3].map((index) => [index, 'AI_MODEL_UNAVAILABLE']),
    );
    expect(graph.provider.requests).toHaveLength(1);
  });
});

describe('the cost of a batch', () => {
  const nano = ({ costUsd }: Explained): number => Math.round(Number(costUsd) * 1e9);
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
  const usage = { inputTokens: 1_001, outputTokens: 103 };
  const price = 1_001 * 1_000 + 103 * 2_000;

  it('is shared by its items, to the last nano-dollar and token', async () => {
    graph.provider.respond((request) => ({ ...answering((items) => items)(request), usage }));
    const { extensions } = await graph.explain('{ products(first: 3) { slogan } }');
    const told = Object.values(extensions?.ai ?? {});
    expect(told.map(({ batch }) => batch)).toEqual([3, 3, 3]);
    expect(sum(told.map(nano))).toBe(price);
    expect(sum(told.map((one) => one.usage?.inputTokens ?? 0))).toBe(1_001);
    expect(sum(told.map((one) => one.usage?.outputTokens ?? 0))).toBe(103);
  });

  it('is reported completely if an item was requested again', async () => {
    graph.provider.respond((request) => ({ ...answering((items) => items.slice(1))(request), usage }));
    const { extensions } = await graph.explain('{ products(first: 3) { slogan } }');
    const told = Object.values(extensions?.ai ?? {});
    expect(graph.provider.requests).toHaveLength(2);
    expect(sum(told.map(nano))).toBe(2 * price);
    expect(sum(told.map((one) => one.usage?.inputTokens ?? 0))).toBe(2 * 1_001);
  });
});
