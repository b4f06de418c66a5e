/** The events of a run's requests to subgraphs: each begins as it is sent, and ends with what came of it. */
import { type ErrorCode, GatewayError } from '../../errors/index.ts';
import { FetchEvent, type OperationEvent } from '../../observability/index.ts';
import type { SubgraphClient } from '../../transport/index.ts';

/** @param entities that are asked for; 0 for fields of the root */
export function beginFetch(
  operation: OperationEvent,
  { subgraph, kind }: Pick<FetchEvent, 'subgraph' | 'kind'>,
  operationType: FetchEvent['operationType'],
  client: SubgraphClient['kind'],
  entities: number,
): FetchEvent {
  const isInProcess = client === 'in-process';
  const event = new FetchEvent({ subgraph, kind, operationType, isInProcess, began: performance.now() });
  event.entities = entities;
  event.trace = operation.request.trace;
  operation.fetches.push(event);
  return event;
}

export function endFetch(event: FetchEvent, outcome: 'ok' | 'errors' | { readonly thrown: unknown }): void {
  event.end(typeof outcome === 'string' ? outcome : codeOf(outcome.thrown), performance.now());
}

function codeOf(thrown: unknown): ErrorCode {
  return thrown instanceof GatewayError ? thrown.code : 'INTERNAL_SERVER_ERROR';
}

/** How many entities a request asks for: each list of them is its own. */
export function countOf(lists: readonly { readonly representations: readonly string[] }[]): number {
  let count = 0;
  for (const { representations } of lists) count += representations.length;
  return count;
}
