/** A model with wrong types, sizes and forms: a code and a path for each invalid part, the rest is returned, two calls at most. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ScriptedReply } from '../../../src/testing.ts';
import { type AiGraph, messagesOf, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 1, fields: '{ cache: { enabled: false } }' });
});
afterAll(() => graph[Symbol.asyncDispose]());
beforeEach(() => graph.provider.reset());

const ask = async (selection: string, reply: ScriptedReply) => {
  graph.provider.respond(reply);
  const { status, data, errors } = await graph.query(`{ products { id ${selection} } }`);
  expect(status).toBe(200);
  return {
    data: data.products[0],
    // Indexes at the end are left out: they are within a value that is null as a whole.
    errors: (errors ?? []).map(({ path, extensions }) => [
      path
        ?.slice(2)
        .join('.')
        .replace(/\.\d+$/, ''),
      extensions.code,
    ]),
  };
};

describe('an answer that is invalid as a whole', () => {
  const mood = 'reviews(first: 1) { body sentiment }';
  const body = 'Review 1 of product 1.';
  it.each<[string, ScriptedReply, string, number]>([
    ['prose', { text: 'GOOD, I think.' }, 'AI_OUTPUT_INVALID', 2],
    ['an invalid enum', { json: { value: 'SPLENDID' } }, 'AI_OUTPUT_INVALID', 2],
    ['an enum in small letters', { json: { value: 'good' } }, 'AI_OUTPUT_INVALID', 2],
    ['a property of every object', { json: { value: 'constructor' } }, 'AI_OUTPUT_INVALID', 2],
    ['a list', { json: { value: ['GOOD'] } }, 'AI_OUTPUT_INVALID', 2],
    ['no value', { json: { mood: 'GOOD' } }, 'AI_OUTPUT_INVALID', 2],
    ['a prototype', { text: '{"__proto__":{"value":"GOOD"}}' }, 'AI_OUTPUT_INVALID', 2],
    ['HTML', { text: '<html><img src=x onerror=alert(1)></html>' }, 'AI_OUTPUT_INVALID', 2],
    ['a megabyte', { json: { value: 'x'.repeat(1_100_000) } }, 'AI_OUTPUT_INVALID', 2],
    ['deep nesting', { text: `{"value":${'['.repeat(100_000)}` }, 'AI_OUTPUT_INVALID', 2],
    ['NaN', { text: '{"value":NaN}' }, 'AI_OUTPUT_INVALID', 2],
    ['nothing', { text: '' }, 'AI_OUTPUT_INVALID', 2],
    ['half of it', { text: '{"value":"GOOD"}', finishReason: 'length' }, 'AI_OUTPUT_INVALID', 1],
    ['a refusal', { refusal: 'I would rather not.' }, 'AI_OUTPUT_REFUSED', 1],
    ['filtered', { text: '', finishReason: 'content_filter' }, 'AI_OUTPUT_REFUSED', 1],
    ['a body of another wire', { body: '<html>gateway</html>' }, 'AI_MODEL_UNAVAILABLE', 1],
  ])('%s is null with a code at its path', async (_name, reply, code, calls) => {
    const { data, errors } = await ask(mood, reply);
    expect(data).toEqual({ id: 'p1', reviews: [{ body, sentiment: null }] });
    expect(errors).toEqual([['reviews.0.sentiment', code]]);
    expect(graph.provider.requests).toHaveLength(calls);
  });
});

describe('an answer with an invalid part', () => {
  it.each<[string, unknown, unknown, readonly (readonly string[])[]]>([
    [
      'an enum',
      { pros: ['Light.'], verdict: 'MAYBE', score: 1.5, count: 2 },
      { pros: ['Light.'], verdict: null, score: 1.5, count: 2 },
      [['highlights.verdict', 'AI_OUTPUT_INVALID']],
    ],
    [
      'numbers as text',
      { pros: [], verdict: 'BUY', score: '1.5', count: 2.5 },
      { pros: [], verdict: 'BUY', score: null, count: null },
      [
        ['highlights.score', 'AI_OUTPUT_INVALID'],
        ['highlights.count', 'AI_OUTPUT_INVALID'],
      ],
    ],
    [
      'a number out of range',
      { pros: [], verdict: null, score: 1e308, count: 2 ** 31 },
      { pros: [], verdict: null, score: 1e308, count: null },
      [['highlights.count', 'AI_OUTPUT_INVALID']],
    ],
    [
      'an item of a list that may not be null',
      { pros: ['Light.', 7], verdict: 'BUY', score: 1, count: 1 },
      { pros: null, verdict: 'BUY', score: 1, count: 1 },
      [['highlights.pros', 'AI_OUTPUT_INVALID']],
    ],
    [
      'a list too long',
      { pros: Array(2_000).fill('x'), verdict: 'BUY', score: 1, count: 1 },
      { pros: null, verdict: 'BUY', score: 1, count: 1 },
      [['highlights.pros', 'AI_OUTPUT_INVALID']],
    ],
  ])('%s is null there, and the rest is kept', async (_name, json, expected, errors) => {
    const answer = await ask('highlights { pros verdict score count }', { json });
    expect(answer).toEqual({ data: { id: 'p1', highlights: expected }, errors });
    expect(graph.provider.requests).toHaveLength(2);
  });

  it('is returned without unrequested keys, without an error and without a second call', async () => {
    const text =
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"verdict":"BUY","cons":["x"],"id":"p666","toString":1}';
    const answer = await ask('highlights { verdict }', { text });
    expect(answer).toEqual({ data: { id: 'p1', highlights: { verdict: 'BUY' } }, errors: [] });
    expect(graph.provider.requests).toHaveLength(1);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

describe('the repair call', () => {
  it('lists the problems after the answer, and its result is final', async () => {
    graph.provider.script([{ json: { value: 'SPLENDID' } }, { json: { value: 'GOOD' } }]);
    const { data } = await graph.query('{ products { reviews(first: 1) { sentiment } } }');
    expect(data.products[0].reviews).toEqual([{ sentiment: 'GOOD' }]);
    const messages = messagesOf(graph.provider.requests[1]);
    expect(messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'user']);
    expect(messages[2]?.text).toBe('{"value":"SPLENDID"}');
    expect(messages[3]?.text).toContain('GOOD, BAD');
  });

  it('does not discard valid parts if it fails completely', async () => {
    for (const second of [{ error: { status: 500 } }, { text: 'Sorry.' }, { refusal: 'No.' }]) {
      graph.provider.script([{ json: { verdict: 'MAYBE', count: 3 } }, second]);
      const answer = await ask('highlights { verdict count }', {});
      expect(answer.data.highlights).toEqual({ verdict: null, count: 3 });
    }
    expect(graph.provider.requests).toHaveLength(6);
  });

  it('is bounded by the size limit of an answer, one megabyte', async () => {
    graph.provider.script([{ text: 'x'.repeat(1_500_000) }]);
    await ask('reviews(first: 1) { sentiment }', { json: { value: 'GOOD' } });
    const sizes = graph.provider.requests.map(({ body }) => JSON.stringify(body).length);
    expect(Math.max(...sizes)).toBeLessThan(50_000);
  });
});
