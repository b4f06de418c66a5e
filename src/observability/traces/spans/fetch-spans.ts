/**
 * The span of one request of a plan to a subgraph, its further tries as events; below it, for subgraphs of this process, one
 * for each AI field and its model calls.
 */
import { SpanKind } from '@opentelemetry/api';
import type { FetchAttempt, FetchEvent, FieldEvent } from '../../events/index.ts';
import type { ModelCallRecord } from '../../model-calls.ts';
import { isFetchFailed } from '../is-failed.ts';
import { addModelCallSpan } from './model-call-span.ts';
import type { SpanEvent, SpanList } from './span-list.ts';

/**
 * @param ended when the operation did: what is under way ends with it
 * @param ofFields the model calls that have their span; added to
 */
export function addFetchSpan(
  list: SpanList,
  fetch: FetchEvent,
  parentId: string,
  ended: number,
  ofFields: Set<ModelCallRecord>,
): void {
  const { subgraph, kind, attempts, isInProcess } = fetch;
  const last = attempts.at(-1);
  const spanId = list.add({
    name: `fetch ${subgraph}`,
    kind: isInProcess ? SpanKind.INTERNAL : SpanKind.CLIENT,
    spanId: fetch.spanId,
    parentId,
    began: fetch.began,
    ended: fetch.ended === 0 ? ended : fetch.ended,
    attributes: {
      'graphql.operation.type': fetch.operationType,
      'http.request.method': last === undefined ? undefined : 'POST',
      'http.request.resend_count': attempts.length > 1 ? attempts.length - 1 : undefined,
      'http.response.status_code': last?.status,
      'server.address': last?.server?.address,
      'server.port': last?.server?.port,
      'isthmus.subgraph.name': subgraph,
      'isthmus.fetch.kind': kind,
      'isthmus.fetch.entities': fetch.entities,
      'isthmus.fetch.cache.hits': fetch.cacheHits,
      'isthmus.fetch.cache.stale': fetch.cacheStale,
      'isthmus.fetch.shared': fetch.isShared,
    },
    errorType: isFetchFailed(fetch) ? fetch.outcome : undefined,
    events: retriesOf(attempts),
    links: fetch.leader === undefined ? [] : [fetch.leader],
  });
  for (const field of fetch.fields) addField(list, field, spanId, ended, ofFields);
}

function retriesOf(attempts: readonly FetchAttempt[]): readonly SpanEvent[] {
  const events: SpanEvent[] = [];
  for (let index = 1; index < attempts.length; index++) {
    const [before, attempt] = [attempts[index - 1], attempts[index]];
    if (before === undefined || attempt === undefined) continue;
    events.push({
      name: 'retry',
      at: attempt.began,
      attributes: {
        'http.request.resend_count': index,
        'error.type': before.outcome,
        'http.response.status_code': before.status,
      },
    });
  }
  return events;
}

function addField(
  list: SpanList,
  field: FieldEvent,
  parentId: string,
  ended: number,
  ofFields: Set<ModelCallRecord>,
): void {
  const { codes, failedItems, modelCalls } = field;
  const spanId = list.add({
    name: `field ${field.field}`,
    kind: SpanKind.INTERNAL,
    parentId,
    began: field.began,
    ended: field.ended === 0 ? ended : field.ended,
    attributes: {
      'isthmus.field.name': field.field,
      'isthmus.field.items': field.items,
      'isthmus.field.items.cached': field.cachedItems,
      'isthmus.field.items.failed': failedItems,
      'isthmus.field.codes': codes.length === 0 ? undefined : [...codes],
    },
    errorType: failedItems > 0 ? (codes[0] ?? '_OTHER') : undefined,
  });
  for (const call of modelCalls) {
    // A call for a batch of several fields is below the first of them.
    if (ofFields.has(call)) continue;
    ofFields.add(call);
    addModelCallSpan(list, call, spanId);
  }
}
