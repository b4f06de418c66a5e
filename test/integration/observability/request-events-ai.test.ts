/** What the events of requests have of models: AI fields, /v1, prompts. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ModelCallRecord, OperationEvent } from '../../../src/observability/index.ts';
import { type AiGraph, assistantPrompts, assistantSdl, echo, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import { RecordedEvents } from '../../testkit/recorded-events.ts';

const events = new RecordedEvents();
let graph: AiGraph;
let base: string;
beforeAll(async () => {
  const greet = '---\nmodel: fast\nconfig: { maxOutputTokens: 20 }\n---\nGreet {{name}}.';
  const assistant = { sdl: assistantSdl, prompts: { ...assistantPrompts, 'greet.prompt': greet } };
  graph = await startAiGraph({ sinks: [events], subgraphs: { assistant } });
  graph.provider.respond(echo);
  base = graph.gateway.url.replace(/\/graphql$/, '');
});
afterAll(() => graph[Symbol.asyncDispose]());

let ids = 0;
async function ask(path: string, body: unknown, headers: Record<string, string> = {}): Promise<OperationEvent> {
  const id = `ai-${ids++}`;
  const response = await fetch(base + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-request-id': id, ...headers },
    body: JSON.stringify(body),
  });
  await response.text();
  const { operations } = await events.of(id);
  expect(operations).toHaveLength(1);
  return operations[0] as OperationEvent;
}

/** What is not a time. */
function factsOf({ alias, model, server, parameters, cache, finish, error, costUsd, streamed }: ModelCallRecord) {
  return { alias, model, server, parameters, cache, finish, error, isPaid: costUsd !== '0', streamed };
}

const server = (): string => new URL(graph.provider.url).host;
const called = {
  alias: 'fast',
  model: 'test/m',
  parameters: expect.objectContaining({ output: 'text' }),
  cache: 'off',
  finish: 'stop',
  error: undefined,
  isPaid: true,
  streamed: false,
};

describe('an AI field', () => {
  it('is told with its items, and the calls that were made for them', async () => {
    const page = 'query Page { products(first: 2) { summary pitch } }';
    const operation = await ask('/graphql', { query: page });
    const fetch = operation.fetches.find(({ subgraph }) => subgraph === 'assistant');
    expect(fetch).toMatchObject({ kind: 'entities', isInProcess: true, entities: 2, attempts: [], outcome: 'ok' });
    const fields = [...(fetch?.fields ?? [])].sort((a, b) => a.field.localeCompare(b.field));
    expect(fields).toMatchObject([
      { field: 'Product.pitch', items: 2, cachedItems: 0, failedItems: 0, codes: [], modelCalls: [{}, {}] },
      { field: 'Product.summary', items: 2, cachedItems: 0, failedItems: 0, codes: [], modelCalls: [{}, {}] },
    ]);
    for (const { modelCalls } of fields)
      for (const call of modelCalls) {
        const facts = { ...called, server: server() };
        expect(factsOf(call)).toEqual(facts);
        expect(operation.modelCalls).toContain(call);
        expect(call.began).toBeGreaterThan(operation.began);
      }
    expect(operation.modelCalls).toHaveLength(4);
    expect(operation.estimatedNanoUsd).toBeGreaterThan(0n);
    expect(operation.waitedMs).toBeGreaterThan(0);
    const again = await ask('/graphql', { query: `${page} # again` });
    expect(again.modelCalls).toEqual([]);
    expect(again.fetches.flatMap(({ fields: cached }) => cached)).toMatchObject([
      { items: 2, cachedItems: 2, modelCalls: [] },
      { items: 2, cachedItems: 2, modelCalls: [] },
    ]);
  });

  it('is told with what failed, and why', async () => {
    graph.provider.script([{ error: { status: 500 } }, { error: { status: 500 } }]);
    const operation = await ask('/graphql', { query: 'query Failing { products(first: 2) { highlights { pros } } }' });
    const [field] = operation.fetches.flatMap(({ fields }) => fields);
    expect(field).toMatchObject({ field: 'Product.highlights', items: 2 });
    expect(field?.failedItems).toBe(2);
    expect(field?.codes).toEqual(['AI_MODEL_UNAVAILABLE']);
    expect(field?.modelCalls.map(({ error }) => error)).toEqual(['AI_MODEL_UNAVAILABLE', 'AI_MODEL_UNAVAILABLE']);
    expect(operation).toMatchObject({ errorCount: 2, codes: ['AI_MODEL_UNAVAILABLE'] });
  });
});

describe('a request of /v1', () => {
  const messages = [{ role: 'user', content: 'Say something.' }];

  it('is one operation, with its call', async () => {
    const operation = await ask('/v1/chat/completions', { model: 'fast', messages, max_tokens: 9, temperature: 0.5 });
    expect(operation).toMatchObject({ kind: 'chat', name: 'fast', source: 'made', errorCount: 0, fetches: [] });
    const parameters = { output: 'text', maxTokens: 9, temperature: 0.5 };
    expect(operation.modelCalls.map(factsOf)).toMatchObject([{ ...called, server: server(), parameters }]);
    expect(operation.request).toMatchObject({ door: 'v1', principal: { id: 'anonymous' }, status: 200 });
    expect(operation.waitedMs).toBeGreaterThan(0);
    expect(operation.waitedMs).toBeLessThan(operation.ended - operation.began);
  });

  it('that is streamed has ended with its last event', async () => {
    const operation = await ask('/v1/chat/completions', { model: 'fast', messages, stream: true });
    expect(operation.modelCalls).toMatchObject([{ streamed: true, finish: 'stop' }]);
    expect(operation.waitedMs).toBeGreaterThan(0);
  });

  it('that is refused has the code', async () => {
    const operation = await ask('/v1/messages', { model: 'slow', max_tokens: 5, messages });
    expect(operation).toMatchObject({
      kind: 'messages',
      name: 'slow',
      errorCount: 1,
      codes: ['AI_MODEL_NOT_FOUND'],
      modelCalls: [{ alias: 'slow', model: undefined, error: 'AI_MODEL_NOT_FOUND' }],
    });
    expect(operation.request).toMatchObject({ code: 'AI_MODEL_NOT_FOUND', status: 404 });
  });

  it('that its client leaves in the midst of the stream has the call, and what it cost', async () => {
    graph.provider.script([{ text: 'One. Two. Three. Four.', chunks: 4, faults: { chunkDelayMs: 300 } }]);
    const leaving = new AbortController();
    const response = await fetch(`${base}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-request-id': 'leaving' },
      body: JSON.stringify({ model: 'fast', messages, stream: true }),
      signal: leaving.signal,
    });
    await response.body?.getReader().read();
    leaving.abort();
    const { end, operations } = await events.of('leaving');
    expect(end).toBe('aborted');
    expect(operations).toMatchObject([{ kind: 'chat', modelCalls: [{ streamed: true, finish: 'aborted' }] }]);
    expect(Number(operations[0]?.modelCalls[0]?.costUsd)).toBeGreaterThan(0);
  });
});

describe('a prompt that is called by itself', () => {
  it('is one operation of its name', async () => {
    const operation = await ask('/v1/prompts/greet', { input: { name: 'Kettle' } });
    expect(operation).toMatchObject({ kind: 'prompt', name: 'greet', codes: [] });
    expect(operation.modelCalls).toMatchObject([{ alias: 'fast', prompt: 'greet' }]);
    expect(operation.request.door).toBe('prompts');
  });
});
