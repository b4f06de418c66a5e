/** Personal data that an AI field reads never reaches a provider, in any of its inputs. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { ReceivedRequest } from '../../../src/testing.ts';
import { type AiGraph, echo, startAiGraph, userTextOf } from '../../testkit/graphs/ai-graph.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 2, fields: '{ explain: { texts: true } }' });
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => {
  graph.provider.reset();
  graph.provider.respond(echo);
});

const write = (body: string, author: { name: string; email: string | null; phone: number | null }): void => {
  for (const review of graph.products[0]?.reviews.slice(0, 1) ?? []) {
    review.body = body;
    Object.assign(review.author, author);
  }
};
const ask = () => graph.explain('{ product(id: "p1") { reviews(first: 1) { reply author { email } } } }');
/** Without the tag of its placeholders, which follows from the values. */
const textOf = (request: ReceivedRequest | undefined): string => userTextOf(request).replace(/_\w{6}\]/g, ']');
const sent = (): string => JSON.stringify(graph.provider.requests.map(({ body, headers }) => [body, headers]));

it('an address and a number are placeholders in the prompt, the explanation and the log, and put back in the answer', async () => {
  write('Very good.', { name: 'Ann', email: 'ann@mail.example', phone: 49301234 });
  const { data, extensions } = await ask();
  expect(textOf(graph.provider.requests[0])).toBe('From Ann, [PERSONAL_1], [CONTACT_1]: Very good.');
  expect(sent()).not.toMatch(/ann@mail|49301234/);
  expect(data.product.reviews[0].reply).toBe('Said of: From Ann, ann@mail.example, 49301234: Very good.');
  expect(JSON.stringify(extensions)).not.toMatch(/ann@mail|49301234/);
  expect(graph.logged()).not.toMatch(/ann@mail|49301234/);
  expect(data.product.reviews[0].author.email).toBe('ann@mail.example');
});

it('they are masked in a review that repeats them, in any letter case', async () => {
  write('Write to ANN@mail.example or call 49301234, not 1493012345!', {
    name: 'Ann',
    email: 'ann@mail.example',
    phone: 49301234,
  });
  await ask();
  expect(textOf(graph.provider.requests[0])).toBe(
    'From Ann, [PERSONAL_1], [CONTACT_1]: Write to [PERSONAL_1] or call [CONTACT_1], not 1493012345!',
  );
});

it('a value that is part of another does not split it, and a value that looks like a placeholder has no effect', async () => {
  write('ann@mail.example.org and personal', { name: 'personal', email: 'personal', phone: null });
  await ask();
  expect(textOf(graph.provider.requests[0])).toBe(
    'From [PERSONAL_1], [PERSONAL_1], : ann@mail.example.org and [PERSONAL_1]',
  );
});

it('special characters of patterns and templates are plain characters', async () => {
  write('Say $& to a+b(c)[d]{{x}}@mail.example.', { name: 'Ann', email: 'a+b(c)[d]{{x}}@mail.example', phone: null });
  await ask();
  expect(textOf(graph.provider.requests[0])).toBe('From Ann, [PERSONAL_1], : Say $& to [PERSONAL_1].');
});

it('a changed masked value changes the cache key, although the prompt is the same', async () => {
  write('Same.', { name: 'Ann', email: 'one@mail.example', phone: null });
  await ask();
  write('Same.', { name: 'Ann', email: 'two@mail.example', phone: null });
  await ask();
  await ask();
  expect(graph.provider.requests.map(textOf)).toEqual(Array(2).fill('From Ann, [PERSONAL_1], : Same.'));
});

it('null is not masked', async () => {
  write('Plain.', { name: 'Ann', email: null, phone: null });
  await ask();
  expect(textOf(graph.provider.requests[0])).toBe('From Ann, , : Plain.');
});
