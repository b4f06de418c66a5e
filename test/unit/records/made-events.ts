/** Events of requests as the gateway would make them, for tests of what is made from them. */
import {
  FetchEvent,
  FieldEvent,
  type ModelCallRecord,
  OperationEvent,
  RequestEvent,
} from '../../../src/observability/index.ts';

export interface MadeOperation {
  readonly id?: string;
  readonly name?: string | undefined;
  readonly client?: string | undefined;
  readonly tenant?: string | undefined;
  readonly ms?: number;
  readonly codes?: readonly string[];
  readonly document?: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  /** AI fields, each with its calls. */
  readonly fields?: Readonly<Record<string, readonly ModelCallRecord[]>>;
}

let last = 0;

/** A request with one operation, which has ended. */
export function madeRequest(of: MadeOperation = {}): RequestEvent {
  const { id = `request-${last++}`, name = 'Page', client, tenant, ms = 5, codes = [], fields = {} } = of;
  const began = performance.now() - ms;
  const request = new RequestEvent({
    id,
    began,
    method: 'POST',
    path: '/graphql',
    door: 'graphql',
    clientAddress: '::1',
  });
  request.clientName = client;
  if (tenant !== undefined) request.principal = { id: 'Berta', kind: 'user', tenant };
  request.status = 200;
  const operation = new OperationEvent(request, began);
  request.operations.push(operation);
  operation.kind = 'query';
  operation.name = name;
  operation.document = of.document;
  operation.variables = of.variables;
  for (const code of codes) operation.addError(code);
  for (const [field, calls] of Object.entries(fields)) {
    const fetch = new FetchEvent({
      subgraph: 'ai',
      kind: 'entities',
      operationType: 'query',
      isInProcess: true,
      began,
    });
    const event = new FieldEvent(field, began);
    event.items = calls.length;
    event.ended = began + ms;
    event.modelCalls.push(...calls);
    fetch.addField(event);
    fetch.end('ok', began + ms);
    operation.fetches.push(fetch);
    operation.modelCalls.push(...calls);
  }
  operation.end(began + ms);
  request.ended = began + ms;
  return request;
}

export function madeCall(of: Partial<ModelCallRecord> = {}): ModelCallRecord {
  return {
    at: new Date().toISOString(),
    began: 0,
    server: undefined,
    parameters: {},
    error: undefined,
    requestId: 'request',
    caller: { id: 'Berta', tenant: 'acme' },
    operation: 'chat',
    alias: 'smart',
    prompt: 'pitch@1',
    model: 'test/m',
    respondedModel: undefined,
    providerRequestId: undefined,
    attempts: [{ model: 'test/m', outcome: 'ok', durationMs: 3 }],
    usage: { inputTokens: 100, outputTokens: 10, source: 'reported' },
    costUsd: '0.00014',
    price: undefined,
    durationMs: 3,
    timeToFirstTokenMs: undefined,
    finish: 'stop',
    cache: 'off',
    guardrails: [],
    streamed: false,
    shadow: false,
    ...of,
  };
}
