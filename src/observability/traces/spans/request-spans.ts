/**
 * The spans of a request, by OpenTelemetry's conventions for HTTP servers and GraphQL: one of the request, below it what its
 * operation did; of a batch, one for each operation between them. Texts that a client wrote are in them only where that is
 * configured.
 */
import { type Attributes, SpanKind } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { nanoPerUsd } from '../../../lib/index.ts';
import type { OperationEvent, RequestEvent, TraceContext } from '../../events/index.ts';
import type { ModelCallRecord } from '../../model-calls.ts';
import { isFailed, isOfClient, isOperationFailed } from '../is-failed.ts';
import { documentText } from './document-text.ts';
import { addFetchSpan } from './fetch-spans.ts';
import { addModelCallSpan } from './model-call-span.ts';
import { nameText, SpanList, type SpanOrigin } from './span-list.ts';

export interface RequestSpansOptions {
  readonly origin: SpanOrigin;
  readonly scheme: 'http' | 'https';
  /** Whether spans hold the documents of operations. */
  readonly hasTexts: boolean;
}

export function requestSpans(
  event: RequestEvent,
  trace: TraceContext,
  { origin, scheme, hasTexts }: RequestSpansOptions,
): readonly ReadableSpan[] {
  const list = new SpanList(trace, origin);
  const { operations, method, status } = event;
  const [only] = operations;
  const isBatch = operations.length > 1;
  const route = routeOf(event);
  const verb = knownMethods.has(method) ? method : 'HTTP';
  list.add({
    name: route === undefined ? verb : `${verb} ${route}`,
    kind: SpanKind.SERVER,
    spanId: trace.spanId,
    parentId: trace.parentSpanId,
    isParentRemote: true,
    began: event.began,
    ended: event.ended,
    attributes: {
      'http.request.method': knownMethods.has(method) ? method : '_OTHER',
      'http.request.method_original': knownMethods.has(method) ? undefined : method,
      'http.response.status_code': status,
      'http.route': route,
      'url.path': nameText(event.path),
      'url.scheme': scheme,
      'client.address': event.clientAddress,
      'isthmus.request.id': event.id,
      'isthmus.request.end': event.end,
      'isthmus.client.name': event.clientName === undefined ? undefined : nameText(event.clientName),
      'isthmus.client.version': event.clientVersion === undefined ? undefined : nameText(event.clientVersion),
      'isthmus.tenant': event.principal?.tenant,
      'isthmus.generation': event.generation,
      'isthmus.code': event.code,
      'isthmus.batch.size': isBatch ? operations.length : undefined,
      ...(only === undefined || isBatch ? undefined : operationAttributes(only, hasTexts)),
    },
    errorType: isFailed(event) ? errorTypeOf(event) : undefined,
    links: only === undefined || isBatch ? [] : linksOf(only),
  });
  for (const operation of operations)
    addOperation(list, operation, isBatch ? batchedSpan(list, operation, trace, hasTexts) : trace.spanId);
  return list.spans;
}

/** Those of HTTP; others are told apart by an attribute, since anybody can invent one. */
const knownMethods: ReadonlySet<string> = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'QUERY',
  'TRACE',
]);

/** Undefined for a path that no route has: anybody can invent one. */
function routeOf({ door, path, status, operations }: RequestEvent): string | undefined {
  if (status === 404 && operations.length === 0) return undefined;
  if (door === 'prompts') return '/v1/prompts/{name}';
  return door === 'other' || door === 'page' ? undefined : path;
}

function errorTypeOf({ status, code: whole, operations }: RequestEvent): string {
  const codes = operations.flatMap((operation) => operation.codes);
  return whole ?? codes.find((code) => !isOfClient(code)) ?? codes[0] ?? String(status);
}

function batchedSpan(list: SpanList, operation: OperationEvent, trace: TraceContext, hasTexts: boolean): string {
  return list.add({
    name: `operation ${operation.kind ?? 'unknown'}`,
    kind: SpanKind.INTERNAL,
    parentId: trace.spanId,
    began: operation.began,
    ended: endOf(operation),
    attributes: operationAttributes(operation, hasTexts),
    errorType: isOperationFailed(operation)
      ? (operation.codes.find((code) => !isOfClient(code)) ?? '_OTHER')
      : undefined,
    links: linksOf(operation),
  });
}

function operationAttributes(operation: OperationEvent, hasTexts: boolean): Attributes {
  const { kind, name, source, outcome, contract, errorCount, codes, waitedMs } = operation;
  const isGraphQL = kind === 'query' || kind === 'mutation' || kind === 'subscription';
  return {
    'graphql.operation.type': isGraphQL ? kind : undefined,
    'graphql.operation.name': isGraphQL && name !== undefined ? nameText(name) : undefined,
    'graphql.document': hasTexts && operation.document !== undefined ? documentText(operation.document) : undefined,
    'isthmus.operation.kind': kind,
    'isthmus.operation.name': isGraphQL || name === undefined ? undefined : nameText(name),
    'isthmus.operation.signature': operation.signature,
    'isthmus.operation.outcome': outcome,
    'isthmus.contract': contract,
    'isthmus.answer.source': source,
    'isthmus.answer.errors': errorCount,
    'isthmus.answer.codes': codes.length === 0 ? undefined : [...codes],
    'isthmus.waited.ms': waitedMs,
    'isthmus.cost.estimated': operation.costEstimated,
    'isthmus.cost.actual': operation.costActual,
    'isthmus.cost.usd': operation.modelCalls.length === 0 ? undefined : usdOf(operation),
  };
}

/** A sum of decimals, rounded to nano-dollars as they are. */
function usdOf({ modelCalls }: OperationEvent): number {
  return Math.round(modelCalls.reduce((sum, { costUsd }) => sum + Number(costUsd) * nanoPerUsd, 0)) / nanoPerUsd;
}

/** The operation whose answer it shares, which may be in another trace. */
function linksOf({ leader }: OperationEvent): readonly TraceContext[] {
  return leader === undefined ? [] : [leader];
}

/** What is still under way when the exchange has ended ends with it. */
function endOf({ ended, request }: OperationEvent): number {
  return ended === 0 ? request.ended : ended;
}

function addOperation(list: SpanList, operation: OperationEvent, parentId: string): void {
  addPhases(list, operation, parentId);
  const ofFields = new Set<ModelCallRecord>();
  for (const fetch of operation.fetches) addFetchSpan(list, fetch, parentId, endOf(operation), ofFields);
  for (const call of operation.modelCalls) {
    if (!ofFields.has(call)) addModelCallSpan(list, call, parentId);
  }
}

/** Only how long they took is known: each begins where the one before ended. */
function addPhases(list: SpanList, operation: OperationEvent, parentId: string): void {
  let at = operation.began;
  for (const [name, took] of [
    ['parse', operation.parseMs],
    ['validate', operation.validateMs],
    ['plan', operation.planMs],
  ] as const) {
    if (took <= 0) continue;
    list.add({
      name,
      kind: SpanKind.INTERNAL,
      parentId,
      began: at,
      ended: at + took,
      attributes: name === 'plan' ? { 'isthmus.plan.cached': operation.isPlanCached } : {},
    });
    at += took;
  }
}
