/**
 * A masked value of one item of a batch is restored in that item’s answer only: a model that confuses its items never
 * reveals the address of another, neither directly nor from a cache. A restored value is masked again before the answer
 * is sent to a provider again.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ReceivedRequest, ScriptedReply } from '../../../src/testing.ts';
import { type AiGraph, aiLink, messagesOf, startAiGraph, userTextOf } from '../../testkit/graphs/ai-graph.ts';

const sdl = `${aiLink}
type Review @key(fields: "id") {
  id: ID!
  body: String! @external
  author: User! @external
  reply: String @requires(fields: "body") @generate(prompt: "reply", maxOutputTokens: 100)
  facts: Facts @requires(fields: "body") @generate(prompt: "reply", maxOutputTokens: 100)
  card: Facts @requires(fields: "body") @generate(prompt: "alone", maxOutputTokens: 100)
  signed: String @requires(fields: "body author { email }") @generate(prompt: "signed", maxOutputTokens: 100)
}
type Facts { sender: String!  others: [String!]  number: Int! }
type User @key(fields: "id") { id: ID!  email: String @external }
`;
const batched = '---\nmodel: fast\nbatch: { max: 10 }\n---\n';
const prompts = {
  'reply.prompt': `${batched}{{role "system"}}\nWrite for desk@shop.example.\n{{role "user"}}\n{{body}}`,
  'alone.prompt': '---\nmodel: fast\n---\n{{role "user"}}\n{{body}}',
  'signed.prompt': `${batched}{{role "user"}}\n{{author.email}}: {{body}}`,
};

interface Item {
  readonly id: string;
  /** The sender in the item's text. */
  readonly sender: string;
}

/** What a provider sees of a batch. */
function itemsIn(request: ReceivedRequest): Item[] {
  const items = userTextOf(request).matchAll(/Item \d+ of \d+, id (\S+):\s+From (\S+):/g);
  return [...items].map(([, id = '', sender = '']) => ({ id, sender }));
}

/** A model that answers each item with what `write` makes of all. */
const answering =
  (write: (items: readonly Item[], at: number) => unknown) =>
  (request: ReceivedRequest): ScriptedReply => {
    const items = itemsIn(request);
    if (items.length > 0)
      return { json: { items: items.map(({ id }, at) => ({ index: at + 1, id, answer: write(items, at) })) } };
    const sender = /From (\S+):/.exec(userTextOf(request))?.[1] ?? '';
    const alone = write([{ id: '', sender }], 0);
    return typeof alone === 'string' ? { text: alone } : { json: alone as Record<string, unknown> };
  };

const own = (items: readonly Item[], at: number): string => items[at]?.sender ?? '';
const next = (items: readonly Item[], at: number): string => items[(at + 1) % items.length]?.sender ?? '';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({
    products: 3,
    subgraphs: { assistant: { sdl, prompts } },
    ai: '  guardrails: { pii: { mode: mask }, secrets: { mode: mask } }',
  });
});
afterAll(() => graph[Symbol.asyncDispose]());
let round = 0;
const addressOf = (product: number): string => `sender${product}.${round}@mail.example`;
beforeEach(() => {
  round++;
  graph.provider.reset();
  for (const [index, product] of graph.products.entries())
    for (const review of product.reviews) review.body = `From ${addressOf(index + 1)}: hello.`;
});

const ask = async (field: string) => {
  const { data, errors } = await graph.query(`{ products { reviews(first: 1) { ${field} } } }`);
  expect(errors).toBeUndefined();
  const name = field.split(' ')[0] ?? field;
  return data.products.map(({ reviews: [review] }: { reviews: Record<string, unknown>[] }) => review?.[name]);
};
const sent = (): string => JSON.stringify(graph.provider.requests.map(({ body }) => body));
const addresses = (): string[] => [1, 2, 3].map(addressOf);

describe('a masked value of an item', () => {
  it('is restored in its own answer', async () => {
    graph.provider.respond(answering((items, at) => `Dear ${own(items, at)}`));
    expect(await ask('reply')).toEqual(addresses().map((address) => `Dear ${address}`));
    expect(graph.provider.requests).toHaveLength(1);
    for (const address of addresses()) expect(sent()).not.toContain(address);
  });

  it.each<[string, (items: readonly Item[], at: number) => string]>([
    ['the next item’s', (items, at) => `Dear ${next(items, at)}`],
    ['its own and another’s', (items, at) => `Dear ${own(items, at)}, see ${next(items, at)}`],
    ['everybody’s', (items) => items.map(({ sender }) => sender).join(', ')],
  ])('is asked for alone where an answer names %s', async (_name, write) => {
    graph.provider.respond(answering(write));
    const replies = await ask('reply');
    expect(graph.provider.requests).toHaveLength(4);
    for (const [index, reply] of replies.entries()) {
      expect(reply).toContain(addressOf(index + 1));
      for (const other of addresses()) if (other !== addressOf(index + 1)) expect(reply).not.toContain(other);
    }
  });

  it('is requested alone if it occurs deep in another item’s object', async () => {
    graph.provider.respond(
      answering((items, at) => ({
        sender: own(items, at),
        others: at === 0 ? ['fine', `see ${next(items, at)}`] : [],
        number: at,
      })),
    );
    const facts = await ask('facts { sender others }');
    expect(facts.map(({ sender }: { sender: string }) => sender)).toEqual(addresses());
    expect(facts[0].others).toEqual(['fine', `see ${addressOf(1)}`]);
    expect(graph.provider.requests).toHaveLength(2);
  });

  it('is requested alone if the answer has a code fence around it', async () => {
    graph.provider.respond((request) => {
      const reply = answering((items, at) => next(items, at))(request);
      return 'json' in reply ? { text: `\`\`\`json\n${JSON.stringify(reply.json)}\n\`\`\`` } : reply;
    });
    expect(await ask('reply')).toEqual(addresses());
    expect(graph.provider.requests).toHaveLength(4);
  });

  it('may be in several items, and is restored in each', async () => {
    for (const product of graph.products)
      for (const review of product.reviews) review.body = 'From one@mail.example: hello.';
    for (const [index, product] of graph.products.entries())
      for (const review of product.reviews) review.body += ` Number ${index}.`;
    graph.provider.respond(answering((items, at) => `Dear ${own(items, at)} (${at})`));
    expect(await ask('reply')).toEqual([0, 1, 2].map((at) => `Dear one@mail.example (${at})`));
    expect(graph.provider.requests).toHaveLength(1);
  });

  it('is everybody’s where all items share it', async () => {
    graph.provider.respond((request) => {
      const desk = /Write for (\S+)\./.exec(
        messagesOf(request)
          .map(({ text }) => text)
          .join('\n'),
      )?.[1];
      return answering((items, at) => `${own(items, at)} to ${desk}`)(request);
    });
    expect(await ask('reply')).toEqual(addresses().map((address) => `${address} to desk@shop.example`));
    expect(graph.provider.requests).toHaveLength(1);
  });

  it('is not returned from a cache either', async () => {
    graph.provider.respond(answering((items, at) => `Dear ${next(items, at)}`));
    const first = await ask('reply');
    const calls = graph.provider.requests.length;
    expect(await ask('reply')).toEqual(first);
    expect(first).toEqual(addresses().map((address) => `Dear ${address}`));
    expect(graph.provider.requests).toHaveLength(calls);
  });
});

describe('a value of a sensitive field', () => {
  it('is put back in its own item alone', async () => {
    graph.provider.respond((request) => {
      const items = [...userTextOf(request).matchAll(/id (\S+):\s+(\[PERSONAL_\d+_\w{6}\])/g)];
      return { json: { items: items.map(([, id, name], at) => ({ index: at + 1, id, answer: `By ${name}` })) } };
    });
    expect(await ask('signed')).toEqual([1, 2, 3].map((product) => `By u${product}-0@mail.example`));
    expect(sent()).not.toMatch(/u\d-0@mail\.example/);
  });
});

describe('a restored value in an answer that has to be repaired', () => {
  it.each([
    ['a password', 'password: Tr0ub4dor&3zz', 'Tr0ub4dor&3zz'],
    ['a password with a quotation mark', 'password: Tr0ub"4dor&3zz', 'Tr0ub'],
    ['an address', 'mail ann.smith@mail.example', 'ann.smith@mail.example'],
    ['a card', 'card 4111 1111 1111 1111', '4111 1111 1111 1111'],
  ])('is masked again: %s', async (_name, body, value) => {
    for (const product of graph.products) for (const review of product.reviews) review.body = `${round} ${body}`;
    let masked = '';
    graph.provider.respond((request) => {
      masked = /\[[A-Z_]+_1_\w+\]/.exec(userTextOf(request))?.[0] ?? masked;
      const isRepair = messagesOf(request).some(({ role }) => role === 'assistant');
      return { json: { sender: `It is ${masked}`, number: isRepair ? 1 : 'one' } };
    });
    const { data } = await graph.query('{ product(id: "p1") { reviews(first: 1) { card { sender number } } } }');
    expect(data.product.reviews[0].card.number).toBe(1);
    expect(data.product.reviews[0].card.sender).toContain(value);
    expect(graph.provider.requests).toHaveLength(2);
    expect(sent()).not.toContain(value);
  });
});
