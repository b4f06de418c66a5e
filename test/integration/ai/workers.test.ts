/** AI fields and models with two workers: what one of them was answered, and what it knows of a target, holds for both. */
import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AiGraph, echo, startAiGraph } from '../../testkit/graphs/ai-graph.ts';

let graph: AiGraph;
beforeAll(async () => {
  graph = await startAiGraph({ products: 2, workers: 2, models: 'local: { targets: [local/use-lite] }' });
  graph.provider.respond(echo);
}, 120_000);
afterAll(() => graph[Symbol.asyncDispose]());

interface Answer {
  readonly worker: number;
  readonly text: string;
}

const agents = new Map<number, Agent>();
afterAll(() => {
  for (const agent of agents.values()) agent.destroy();
});

function post(agent: Agent, path: string, body: object, requestId: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-request-id': requestId };
    const sent = request(new URL(path, graph.gateway.url), { method: 'POST', agent, headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += String(chunk);
      resolve(text);
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

let lastRequest = 0;

/** Which worker answered is in its line of the log. */
async function answered(agent: Agent, path: string, body: object): Promise<Answer> {
  const requestId = `asked-${++lastRequest}`;
  const text = await post(agent, path, body, requestId);
  const line = () => graph.gateway.log.find((entry) => entry.msg === 'request' && entry.requestId === requestId);
  await expect.poll(line, { timeout: 10_000 }).toBeDefined();
  return { worker: Number(line()?.worker), text };
}

/** The same request to each worker, one after the other. */
async function ofBoth(path: string, body: object): Promise<readonly string[]> {
  while (agents.size < 2) {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const { worker } = await answered(agent, '/graphql', { query: '{ __typename }' });
    if (agents.has(worker)) agent.destroy();
    else agents.set(worker, agent);
  }
  const texts: string[] = [];
  for (const [number, agent] of agents) {
    const { worker, text } = await answered(agent, path, body);
    expect(worker).toBe(number);
    texts.push(text);
  }
  return texts;
}

describe('two workers', () => {
  it('pay for an AI field once: the second finds the answer of the first', async () => {
    const calls = await graph.calls(async () => {
      const [first, second] = await ofBoth('/graphql', { query: '{ products { id summary } }' });
      expect(JSON.parse(first ?? '')).not.toHaveProperty('errors');
      expect(second).toBe(first);
    });
    expect(calls).toBe(2);
  }, 60_000);

  it('use the built-in models of one thread', async () => {
    const body = { model: 'local', input: ['a lamp', 'a radio'] };
    const [first, second] = await ofBoth('/v1/embeddings', body);
    expect(JSON.parse(first ?? '')).toMatchObject({ data: [{ embedding: expect.any(Array) }, {}] });
    expect(JSON.parse(second ?? '').data).toEqual(JSON.parse(first ?? '').data);
  }, 60_000);
});
