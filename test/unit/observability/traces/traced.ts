/** Events as a request fills them, and traces of them, for the tests of traces. */
import { checkConfig } from '../../../../src/config/index.ts';
import {
  createLogger,
  FetchEvent,
  FieldEvent,
  type ModelCallRecord,
  OperationEvent,
  RequestEvent,
} from '../../../../src/observability/index.ts';
import { openTraces, type Traces } from '../../../../src/observability/traces/index.ts';

export interface Opened {
  readonly traces: Traces;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

/** @param telemetry as in supergraph.yaml */
export async function open(telemetry: Readonly<Record<string, unknown>>): Promise<Opened> {
  const subgraphs = { shop: { routing_url: 'http://127.0.0.1:1/', schema: { file: 'shop.graphql' } } };
  const { telemetry: config } = checkConfig('/supergraph.yaml', { subgraphs, telemetry }, {});
  const lines: Readonly<Record<string, unknown>>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const log = createLogger({ level: 'info', readable: false, destination });
  const traces = await openTraces({ config, hasTls: false, log });
  if (traces === undefined) throw new Error('nothing is traced');
  return { traces, lines };
}

export function requestEvent(changes: Partial<RequestEvent> = {}): RequestEvent {
  const began = performance.now() - 20;
  const event = new RequestEvent({
    id: 'r-1',
    began,
    method: 'POST',
    path: '/graphql',
    door: 'graphql',
    clientAddress: '127.0.0.1',
    ...changes,
  });
  return Object.assign(event, { status: 200, ended: began + 20 }, changes);
}

export function operationEvent(request: RequestEvent, changes: Partial<OperationEvent> = {}): OperationEvent {
  const operation = new OperationEvent(request, request.began + 1);
  Object.assign(operation, { kind: 'query', name: 'Page', ended: request.began + 19 }, changes);
  request.operations.push(operation);
  return operation;
}

export function fetchEvent(operation: OperationEvent, changes: Partial<FetchEvent> = {}): FetchEvent {
  const began = operation.began + 5;
  const fetch = new FetchEvent({
    subgraph: 'products',
    kind: 'root',
    operationType: 'query',
    isInProcess: false,
    began,
    ...changes,
  });
  Object.assign(fetch, { ended: began + 4 }, changes);
  operation.fetches.push(fetch);
  return fetch;
}

export function fieldEvent(fetch: FetchEvent, changes: Partial<FieldEvent> = {}): FieldEvent {
  const field = Object.assign(new FieldEvent('Product.reviewSummary', fetch.began), { ended: fetch.ended }, changes);
  fetch.addField(field);
  return field;
}

export function modelCall(changes: Partial<ModelCallRecord> = {}): ModelCallRecord {
  return {
    at: new Date(Date.now() - 10).toISOString(),
    began: performance.now() - 10,
    server: 'api.openai.com',
    parameters: { output: 'json', maxTokens: 200, temperature: 0.2, stop: ['END'] },
    requestId: 'r-1',
    caller: { id: 'anonymous', tenant: 'public' },
    operation: 'chat',
    alias: 'fast',
    prompt: 'review-summary@3',
    model: 'openai/gpt-4.1-mini',
    respondedModel: 'gpt-4.1-mini-2025-04-14',
    providerRequestId: 'req_1',
    attempts: [{ model: 'openai/gpt-4.1-mini', outcome: 'ok', durationMs: 3 }],
    usage: { inputTokens: 100, outputTokens: 50, cachedInputTokens: 64, source: 'reported' },
    costUsd: '0.00012',
    price: { source: 'genai-prices', version: '0.1.8', date: '2026-06-01' },
    durationMs: 3,
    timeToFirstTokenMs: undefined,
    finish: 'stop',
    error: undefined,
    cache: 'miss',
    guardrails: [],
    streamed: false,
    shadow: false,
    ...changes,
  };
}
