import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AiGraph, echo, startAiGraph } from '../../testkit/graphs/ai-graph.ts';
import type { ReceivedSpan } from '../../testkit/otlp/read-otlp.ts';
import { type OtlpCollector, startOtlpCollector } from '../../testkit/otlp/start-otlp-collector.ts';
import { startTestGateway, type TestGateway } from '../../testkit/test-gateway.ts';

const clientSpan = '00f067aa0ba902b7';
let traces = 0;
/** A sampled parent in a trace of its own. */
function newParent(): { readonly traceId: string; readonly headers: Record<string, string> } {
  const traceId = (++traces).toString(16).padStart(32, 'a');
  return { traceId, headers: { traceparent: `00-${traceId}-${clientSpan}-01` } };
}

/** How often each span is below each, by their names. */
function tree(spans: readonly ReceivedSpan[]): Readonly<Record<string, number>> {
  const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  const counts: Record<string, number> = {};
  for (const { name, parentId = '' } of spans) {
    const line = `${parentId === clientSpan ? 'the client' : nameOf.get(parentId)} > ${name}`;
    counts[line] = (counts[line] ?? 0) + 1;
  }
  return counts;
}

describe.each([1, 2])('a page with AI fields, over %d workers', (workers) => {
  let collector: OtlpCollector;
  let graph: AiGraph;
  beforeAll(async () => {
    collector = await startOtlpCollector();
    const telemetry = `telemetry: { otlp: { url: "${collector.url}", every: 10ms }, sample: 0 }`;
    graph = await startAiGraph({ workers, yaml: telemetry });
  });
  afterAll(async () => {
    await graph[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });

  async function traced(query: string, count: number): Promise<readonly ReceivedSpan[]> {
    const { traceId, headers } = newParent();
    const answer = await graph.query(query, {}, headers);
    expect(answer.errors).toBeUndefined();
    return collector.until(count, (span) => span.traceId === traceId);
  }

  it('is one trace, each span below what it was done for', async () => {
    const query = 'query Page { products(first: 2) { name summary answer(question: "why?") } }';
    const spans = await traced(query, 12);
    expect(spans.flatMap(({ attributes }) => Object.keys(attributes))).not.toContain('gen_ai.input.messages');
    expect(graph.provider.requests.flatMap(({ headers }) => headers.traceparent ?? [])).toEqual([]);
    const fetched = spans.find(({ name }) => name === 'fetch shop')?.attributes;
    expect(fetched).toMatchObject({ 'server.address': '127.0.0.1', 'server.port': expect.any(Number) });
    expect(tree(spans)).toEqual({
      'the client > POST /graphql': 1,
      'POST /graphql > parse': 1,
      'POST /graphql > validate': 1,
      'POST /graphql > plan': 1,
      'POST /graphql > fetch shop': 1,
      'POST /graphql > fetch assistant': 1,
      'fetch assistant > field Product.summary': 1,
      'fetch assistant > field Product.answer': 1,
      'field Product.summary > chat m': 2,
      'field Product.answer > chat m': 2,
    });
  });
});

describe('providers of models', () => {
  it('are told of the trace and the span of their call where that is asked for, and of nothing else', async () => {
    await using collector = await startOtlpCollector();
    const telemetry = `telemetry: { otlp: { url: "${collector.url}", every: 10ms }, sample: 0, propagate_to_models: true }`;
    await using graph = await startAiGraph({ workers: 1, yaml: telemetry });
    const { traceId, headers } = newParent();
    await graph.query('{ product(id: "p1") { summary } }', {}, { ...headers, tracestate: 'x=1' });
    const isCall = (span: ReceivedSpan) => span.traceId === traceId && span.name === 'chat m';
    const [call] = await collector.until(1, isCall);
    expect(graph.provider.requests.map((request) => request.headers.traceparent)).toEqual([
      `00-${traceId}-${call?.spanId}-01`,
    ]);
    expect(graph.provider.requests[0]?.headers).not.toHaveProperty('tracestate');
  });
});

describe('texts', () => {
  it('of operations, prompts and answers are in spans where they are asked for', async () => {
    await using collector = await startOtlpCollector();
    const telemetry = `telemetry: { otlp: { url: "${collector.url}", every: 10ms }, sample: 1, texts: on }`;
    await using graph = await startAiGraph({ workers: 1, yaml: telemetry });
    graph.provider.respond(echo);
    await graph.query('query Page { product(id: "p1") { summary } }');
    const [call] = await collector.until(1, ({ name }) => name === 'chat m');
    const { 'gen_ai.input.messages': input, 'gen_ai.output.messages': output } = call?.attributes ?? {};
    expect(JSON.parse(String(input))).toMatchObject([
      { role: 'system', parts: [{ type: 'text', content: expect.stringContaining('You work for a shop.') }] },
      { role: 'user', parts: [{ type: 'text', content: expect.stringContaining('Product 1') }] },
    ]);
    expect(JSON.parse(String(output))).toMatchObject([
      {
        role: 'assistant',
        finish_reason: 'stop',
        parts: [{ type: 'text', content: expect.stringContaining('Said of:') }],
      },
    ]);
    const [server] = await collector.until(1, ({ kind }) => kind === 'SERVER');
    expect(server?.attributes['graphql.document']).toBe('query Page { product(id: "p1") { summary } }');
    expect(graph.logged()).not.toContain('Said of:');
  });
});

describe('subgraphs', () => {
  let collector: OtlpCollector;
  let gateway: TestGateway;
  const seen: IncomingHttpHeaders[] = [];
  let failures = 0;
  beforeAll(async () => {
    collector = await startOtlpCollector();
    gateway = await startTestGateway({
      subgraphs: { a: { sdl: 'type Query { a: Int b(n: Int): Int }' } },
      yaml: `telemetry: { otlp: { url: "${collector.url}", every: 10ms }, sample: 0, propagation: [w3c, b3] }
headers: { all: { request: [ { propagate: { matching: ".*" } } ] } }
traffic: { all: { retries: 2 } }`,
    });
    const { a } = gateway.subgraphs;
    if (a === undefined) throw new Error('the subgraph is there');
    a.intercept = (request, response) => {
      seen.push(request.headers);
      request.resume();
      if (failures-- > 0) {
        response.writeHead(503).end();
        return;
      }
      const answer = () =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"a":1,"b":1}}');
      if (request.headers['x-late'] === undefined) answer();
      else setTimeout(answer, 30);
    };
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
  });

  it('are told the trace, the span that asks them and what was decided, and nothing by the client itself', async () => {
    const { traceId, headers } = newParent();
    await gateway.query('{ a }', {}, { ...headers, tracestate: 'x=1', 'x-b3-traceid': 'f'.repeat(32), 'x-own': '1' });
    const spans = await collector.until(2, (span) => span.traceId === traceId);
    const spanId = spans.find(({ name }) => name === 'fetch a')?.spanId;
    const requestId = spans.find(({ name }) => name === 'POST /graphql')?.spanId;
    expect(seen.at(-1)).toMatchObject({
      traceparent: `00-${traceId}-${spanId}-01`,
      tracestate: 'x=1',
      b3: `${traceId}-${spanId}-1-${requestId}`,
      'x-own': '1',
    });
    expect(seen.at(-1)).not.toHaveProperty('x-b3-traceid');
  });

  it('are told of a trace that begins here', async () => {
    await gateway.query('{ b }', {}, { traceparent: 'what' });
    expect(seen.at(-1)?.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  it('are asked again in the same span, which has the tries as events', async () => {
    const { traceId, headers } = newParent();
    failures = 1;
    const before = seen.length;
    await gateway.query('{ a }', {}, headers);
    const [fetched] = await collector.until(1, (span) => span.traceId === traceId && span.name === 'fetch a');
    const told = seen.slice(before).map(({ traceparent }) => traceparent);
    expect(told).toEqual(Array.from({ length: 2 }, () => `00-${traceId}-${fetched?.spanId}-01`));
    expect(fetched).toMatchObject({ isError: false, attributes: { 'http.request.resend_count': 1 } });
    expect(fetched?.events.map(({ name }) => name)).toEqual(['retry']);
  });

  it('that fail are in a trace whatever was decided', async () => {
    failures = 9;
    await gateway.query('query Failing { a }');
    failures = 0;
    const isMeant = ({ attributes }: ReceivedSpan) => attributes['graphql.operation.name'] === 'Failing';
    const [span] = await collector.until(1, isMeant);
    expect(span).toMatchObject({ isError: true, attributes: { 'error.type': 'SUBREQUEST_HTTP_ERROR' } });
  });

  it('asked once for several clients are in the trace of the first, to which the others link', async () => {
    const parents = [newParent(), newParent()];
    // Different operations, so that their fetch alone is the same.
    const queries = ['query A { a }', 'query B { a }'];
    await Promise.all(queries.map((query, at) => gateway.query(query, {}, { ...parents[at]?.headers, 'x-late': '1' })));
    const ids = parents.map(({ traceId }) => traceId);
    const isMeant = ({ traceId, name }: ReceivedSpan) => ids.includes(traceId) && name === 'fetch a';
    const fetched = await collector.until(2, isMeant);
    const follower = fetched.find(({ attributes }) => attributes['isthmus.fetch.shared'] === true);
    const leader = fetched.find((span) => span !== follower);
    expect(follower?.links).toEqual([{ traceId: leader?.traceId, spanId: leader?.spanId }]);
  });

  it('and clients that share an answer: the others link to the first', async () => {
    const parents = [newParent(), newParent(), newParent()];
    const late = { 'x-late': '1' };
    await Promise.all(parents.map(({ headers }) => gateway.query('query Same { a }', {}, { ...headers, ...late })));
    const ids = parents.map(({ traceId }) => traceId);
    const isMeant = ({ traceId, kind }: ReceivedSpan) => ids.includes(traceId) && kind === 'SERVER';
    const spans = await collector.until(3, isMeant);
    const leader = spans.find(({ attributes }) => attributes['isthmus.answer.source'] === 'made');
    const links = spans.filter((span) => span !== leader).map((span) => span.links);
    const toLeader = [{ traceId: leader?.traceId, spanId: leader?.spanId }];
    expect(links).toEqual([toLeader, toLeader]);
  });
});

describe('without a collector', () => {
  it('header rules carry what clients say of a trace, and nothing else does', async () => {
    await using gateway = await startTestGateway({
      subgraphs: { a: { sdl: 'type Query { a: Int }' } },
      yaml: 'headers: { all: { request: [ { propagate: { named: traceparent } } ] } }',
    });
    const seen: IncomingHttpHeaders[] = [];
    const { a } = gateway.subgraphs;
    if (a === undefined) throw new Error('the subgraph is there');
    a.intercept = (request, response) => {
      seen.push(request.headers);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"a":1}}');
    };
    await gateway.query('{ a }', {}, { traceparent: 'mine', b3: '0' });
    await gateway.query('query Other { a }');
    expect(seen.map(({ traceparent, b3 }) => [traceparent, b3])).toEqual([
      ['mine', undefined],
      [undefined, undefined],
    ]);
  });
});
