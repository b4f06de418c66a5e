import * as conventions from '@opentelemetry/semantic-conventions/incubating';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RequestEvent } from '../../../../src/observability/index.ts';
import type { ReceivedSpan } from '../../../testkit/otlp/read-otlp.ts';
import { type OtlpCollector, startOtlpCollector } from '../../../testkit/otlp/start-otlp-collector.ts';
import { fetchEvent, fieldEvent, modelCall, type Opened, open, operationEvent, requestEvent } from './traced.ts';

let collector: OtlpCollector;
let opened: Opened;
let withTexts: Opened;

beforeAll(async () => {
  collector = await startOtlpCollector();
  const otlp = { url: collector.url, every: '5ms', headers: 'x-team=shop,x-two=a%20b' };
  const service = { name: 'shop-gateway', attributes: { 'deployment.environment.name': 'test' } };
  opened = await open({ otlp, sample: 1, service });
  withTexts = await open({ otlp, sample: 1, texts: 'on', service });
});
afterAll(async () => {
  await opened.traces.close();
  await withTexts.traces.close();
  await collector[Symbol.asyncDispose]();
});

/** The spans of the event’s trace, as the collector has them. */
async function spansOf(event: RequestEvent, headers = {}, { traces } = opened): Promise<readonly ReceivedSpan[]> {
  traces.begin(event, headers);
  traces.record(event);
  await collector.until(1, ({ traceId }) => traceId === event.trace?.traceId);
  return collector.spans.filter(({ traceId }) => traceId === event.trace?.traceId);
}

/** Each span with its parent, by their names. */
function tree(spans: readonly ReceivedSpan[]): readonly string[] {
  const nameOf = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans.map(({ name, parentId }) => `${nameOf.get(parentId ?? '') ?? '-'} > ${name}`).sort();
}

function page(): RequestEvent {
  const request = requestEvent({ clientName: 'web', clientVersion: '1.2', generation: 'g1' });
  const operation = operationEvent(request, { parseMs: 1, validateMs: 2, planMs: 3, isPlanCached: false });
  fetchEvent(operation);
  const assistant = fetchEvent(operation, { subgraph: 'assistant', kind: 'entities', isInProcess: true, entities: 2 });
  const [first, second, other] = [modelCall(), modelCall({ costUsd: '0.0000001' }), modelCall({ alias: 'own' })];
  fieldEvent(assistant, { items: 2, modelCalls: [first, second] });
  fieldEvent(assistant, { field: 'Review.topics', items: 2, cachedItems: 2 });
  operation.modelCalls.push(first, second, other);
  return request;
}

describe('the spans of a request', () => {
  it('are those of what it did, each below what it was done for', async () => {
    expect(tree(await spansOf(page()))).toEqual([
      '- > POST /graphql',
      'POST /graphql > chat gpt-4.1-mini',
      'POST /graphql > fetch assistant',
      'POST /graphql > fetch products',
      'POST /graphql > parse',
      'POST /graphql > plan',
      'POST /graphql > validate',
      'fetch assistant > field Product.reviewSummary',
      'fetch assistant > field Review.topics',
      'field Product.reviewSummary > chat gpt-4.1-mini',
      'field Product.reviewSummary > chat gpt-4.1-mini',
    ]);
  });

  it('have attributes by OpenTelemetry’s conventions, and others by our name', async () => {
    const known: ReadonlySet<unknown> = new Set(Object.values(conventions));
    const request = page();
    request.operations[0]?.fetches.push(...page().operations.flatMap(({ fetches }) => fetches));
    const names = (await spansOf(request)).flatMap(({ attributes, events }) => [
      ...Object.keys(attributes),
      ...events.flatMap((event) => Object.keys(event.attributes)),
    ]);
    const unknown = new Set(names.filter((name) => !known.has(name) && !name.startsWith('isthmus.')));
    expect([...unknown]).toEqual([]);
  });

  it('say what was asked, by whom and what came of it', async () => {
    const [server] = await spansOf(page());
    expect(server).toMatchObject({
      kind: 'SERVER',
      isError: false,
      parentId: undefined,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/graphql',
        'url.path': '/graphql',
        'url.scheme': 'http',
        'http.response.status_code': 200,
        'client.address': '127.0.0.1',
        'graphql.operation.type': 'query',
        'graphql.operation.name': 'Page',
        'isthmus.client.name': 'web',
        'isthmus.cost.usd': 0.0002401,
        'isthmus.generation': 'g1',
      },
      resource: { 'service.name': 'shop-gateway', 'deployment.environment.name': 'test' },
    });
    expect(Object.keys(server?.attributes ?? {})).not.toContain('graphql.document');
    expect(collector.requests.at(-1)?.headers).toMatchObject({ 'x-team': 'shop', 'x-two': 'a b' });
  });

  it('begin and end when it did, each within its parent', async () => {
    const before = BigInt(Date.now() - 30) * 1_000_000n;
    const spans = await spansOf(page());
    const [server] = spans;
    if (server === undefined) throw new Error('no span');
    expect(server.began).toBeGreaterThan(before);
    expect(Number(server.ended - server.began) / 1e6).toBeCloseTo(20, 1);
    for (const { began, ended } of spans) {
      expect(began).toBeGreaterThanOrEqual(server.began);
      expect(ended).toBeGreaterThanOrEqual(began);
    }
    const phases = ['parse', 'validate', 'plan'].map((name) => spans.find((one) => one.name === name));
    expect(phases.map((one) => Math.round(Number((one?.ended ?? 0n) - (one?.began ?? 0n)) / 1e6))).toEqual([1, 2, 3]);
    expect(phases[1]?.began).toBe(phases[0]?.ended);
  });

  it('go on a client’s trace, with its state', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const [server] = await spansOf(requestEvent(), { traceparent, tracestate: 'a=1,b=2' });
    expect(server).toMatchObject({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      parentId: '00f067aa0ba902b7',
      traceState: 'a=1,b=2',
    });
  });

  it('of a batch stand below one for each operation', async () => {
    const request = requestEvent();
    for (const name of ['A', 'B']) fetchEvent(operationEvent(request, { name }), { subgraph: name });
    const spans = await spansOf(request);
    expect(tree(spans)).toEqual([
      '- > POST /graphql',
      'POST /graphql > operation query',
      'POST /graphql > operation query',
      'operation query > fetch A',
      'operation query > fetch B',
    ]);
    const names = spans.map(({ attributes }) => attributes['graphql.operation.name']);
    expect(names).toEqual([undefined, 'A', undefined, 'B', undefined]);
    expect(spans[0]?.attributes['isthmus.batch.size']).toBe(2);
  });

  it('link whoever shares an answer to where it was made', async () => {
    const leader = requestEvent();
    await spansOf(leader);
    const request = requestEvent();
    operationEvent(request, { source: 'shared', leader: leader.trace });
    const [server] = await spansOf(request);
    expect(server?.links).toEqual([{ traceId: leader.trace?.traceId, spanId: leader.trace?.spanId }]);
  });

  it('are of calls of /v1, too', async () => {
    const request = requestEvent({ door: 'v1', path: '/v1/chat/completions' });
    operationEvent(request, { kind: 'chat', name: 'fast' }).modelCalls.push(modelCall());
    const spans = await spansOf(request);
    expect(tree(spans)).toEqual(['- > POST /v1/chat/completions', 'POST /v1/chat/completions > chat gpt-4.1-mini']);
    expect(spans[0]?.attributes).toMatchObject({ 'isthmus.operation.kind': 'chat', 'isthmus.operation.name': 'fast' });
  });

  it.each([
    ['POST', { door: 'other', path: '/what/ever', status: 404 }],
    ['POST', { path: '/graphql/no-such-contract', status: 404 }],
    ['GET /health/ready', { method: 'GET', door: 'health', path: '/health/ready' }],
    ['HTTP', { method: 'BREW', door: 'other', path: '/', status: 404 }],
    ['GET /v1/prompts/{name}', { method: 'GET', door: 'prompts', path: '/v1/prompts/anything' }],
  ] as const)('are named by routes alone: %s', async (name, changes) => {
    const [server] = await spansOf(requestEvent(changes));
    expect(server?.name).toBe(name);
  });

  it('are 1,000 at most', async () => {
    const request = requestEvent();
    const operation = operationEvent(request);
    for (let index = 0; index < 1_500; index++) fetchEvent(operation);
    await spansOf(request);
    const spans = await collector.until(1_000, ({ traceId }) => traceId === request.trace?.traceId);
    expect(spans).toHaveLength(1_000);
  });
});

describe('the span of a fetch', () => {
  it('has its further tries as events, and the status of the last', async () => {
    const request = requestEvent();
    const operation = operationEvent(request);
    const server = { address: 'products.example', port: 8443 };
    const attempts = [
      { began: operation.began + 5, ended: operation.began + 6, outcome: 'SUBREQUEST_HTTP_ERROR', status: 503 },
      { began: operation.began + 7, ended: operation.began + 8, outcome: 'ok', status: 200, server },
    ];
    fetchEvent(operation, { attempts, kind: 'entities', entities: 7, cacheHits: 3, spanId: 'b7ad6b7169203331' });
    const spans = await spansOf(request);
    expect(spans.find(({ name }) => name === 'fetch products')).toMatchObject({
      spanId: 'b7ad6b7169203331',
      kind: 'CLIENT',
      isError: false,
      attributes: {
        'isthmus.subgraph.name': 'products',
        'isthmus.fetch.kind': 'entities',
        'isthmus.fetch.entities': 7,
        'isthmus.fetch.cache.hits': 3,
        'http.response.status_code': 200,
        'http.request.resend_count': 1,
        'server.address': 'products.example',
        'server.port': 8443,
      },
      events: [
        {
          name: 'retry',
          attributes: { 'error.type': 'SUBREQUEST_HTTP_ERROR', 'http.response.status_code': 503 },
        },
      ],
    });
  });

  it('says what failed', async () => {
    const request = requestEvent();
    const operation = operationEvent(request, { errorCount: 1, codes: ['SUBREQUEST_HTTP_ERROR'] });
    fetchEvent(operation, { outcome: 'SUBREQUEST_HTTP_ERROR' });
    const spans = await spansOf(request);
    for (const span of spans)
      expect(span).toMatchObject({ isError: true, attributes: { 'error.type': 'SUBREQUEST_HTTP_ERROR' } });
    expect(spans).toHaveLength(2);
  });
});

describe('the span of a model call', () => {
  async function callSpan(changes: Parameters<typeof modelCall>[0]): Promise<ReceivedSpan | undefined> {
    const request = requestEvent();
    operationEvent(request).modelCalls.push(modelCall(changes));
    return (await spansOf(request)).find(({ name }) => !name.startsWith('POST'));
  }

  it('says what was asked of whom, what it used and what it cost', async () => {
    expect(await callSpan({ streamed: true, timeToFirstTokenMs: 120 })).toMatchObject({
      name: 'chat gpt-4.1-mini',
      kind: 'CLIENT',
      isError: false,
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4.1-mini',
        'gen_ai.request.stream': true,
        'gen_ai.output.type': 'json',
        'gen_ai.request.max_tokens': 200,
        'gen_ai.request.temperature': 0.2,
        'gen_ai.request.stop_sequences': ['END'],
        'server.address': 'api.openai.com',
        'server.port': 443,
        'gen_ai.response.model': 'gpt-4.1-mini-2025-04-14',
        'gen_ai.response.finish_reasons': ['stop'],
        'gen_ai.response.time_to_first_chunk': 0.12,
        'gen_ai.usage.input_tokens': 100,
        'gen_ai.usage.output_tokens': 50,
        'gen_ai.usage.cache_read.input_tokens': 64,
        'isthmus.cost.usd': 0.00012,
        'isthmus.model.alias': 'fast',
        'isthmus.model.prompt': 'review-summary@3',
      },
    });
  });

  it('says why it failed, and which targets failed before', async () => {
    const attempts = [
      { model: 'a/one', outcome: 'timeout', durationMs: 2 },
      { model: 'b/two', outcome: 'server_error', durationMs: 1 },
    ];
    expect(
      await callSpan({ model: 'b/two', attempts, finish: 'aborted', error: 'AI_PROVIDER_ERROR', usage: undefined }),
    ).toMatchObject({
      name: 'chat two',
      isError: true,
      attributes: { 'error.type': 'AI_PROVIDER_ERROR', 'gen_ai.provider.name': 'b' },
      events: [
        { name: 'attempt failed', attributes: { 'gen_ai.request.model': 'a/one', 'error.type': 'timeout' } },
        { name: 'attempt failed', attributes: { 'gen_ai.request.model': 'b/two', 'error.type': 'server_error' } },
      ],
    });
  });

  it('asks nobody where the answer was cached', async () => {
    const span = await callSpan({ cache: 'exact', attempts: [], model: undefined, costUsd: '0' });
    expect(span).toMatchObject({ name: 'chat fast', kind: 'INTERNAL', attributes: { 'isthmus.model.cache': 'exact' } });
  });
});

describe('texts', () => {
  const document = 'mutation { login(name: "ann", password: "hunter2", token: """a\nb""", apiKey: $key) { id } }';

  it('are in spans where that is configured, without what the log would redact', async () => {
    const request = requestEvent();
    operationEvent(request, { kind: 'mutation', document });
    const [server] = await spansOf(request, {}, withTexts);
    const text = String(server?.attributes['graphql.document']);
    expect(text).toContain('name: "ann"');
    expect(text).toContain('password: "[redacted]", token: "[redacted]", apiKey: $key');
    expect(text).not.toContain('hunter2');
  });

  it('are nowhere else', async () => {
    const request = requestEvent();
    operationEvent(request, { kind: 'mutation', document, variables: { q: 'my question' } });
    const spans = await spansOf(request);
    expect(JSON.stringify(spans, (_key, value) => (typeof value === 'bigint' ? '' : value))).not.toMatch(
      /ann|question/,
    );
  });

  it('are cut where they are long', async () => {
    const request = requestEvent();
    operationEvent(request, { document: `{ a(b: "${'x'.repeat(100_000)}") }`, name: 'n'.repeat(10_000) });
    const [server] = await spansOf(request, {}, withTexts);
    expect(String(server?.attributes['graphql.document'])).toHaveLength(16_385);
    expect(String(server?.attributes['graphql.operation.name'])).toHaveLength(256);
  });
});
