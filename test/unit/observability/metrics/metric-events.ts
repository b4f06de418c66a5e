/** Events of requests as the gateway makes them, for tests of what is counted of them. */
import { FetchEvent, OperationEvent, RequestEvent } from '../../../../src/observability/index.ts';

export interface AskedOperation {
  readonly name?: string;
  readonly client?: string;
  readonly address?: string;
  readonly codes?: readonly string[];
  readonly isValid?: boolean;
  /** In milliseconds. */
  readonly took?: number;
  readonly waited?: number;
  readonly status?: number;
}

export function requestEvent(of: AskedOperation = {}): RequestEvent {
  const { name = 'Cart', client, address = '192.0.2.1', codes = [], isValid = true } = of;
  const { took = 10, waited = 4, status = 200 } = of;
  const event = new RequestEvent({
    id: 'r1',
    began: 0,
    method: 'POST',
    path: '/graphql',
    door: 'graphql',
    clientAddress: address,
  });
  event.clientName = client;
  event.status = status;
  event.ended = took;
  const operation = new OperationEvent(event, 0);
  operation.kind = isValid ? 'query' : undefined;
  operation.name = name;
  operation.wait(0);
  operation.resume(waited);
  for (const code of codes) operation.addError(code);
  operation.end(took);
  event.operations.push(operation);
  return event;
}

export interface AskedFetch {
  readonly subgraph?: string;
  readonly outcome?: string;
  readonly attempts?: readonly (readonly [outcome: string, status: number | undefined])[];
}

export function addFetch({ operations }: RequestEvent, of: AskedFetch = {}): FetchEvent {
  const { subgraph = 'products', outcome = 'ok', attempts = [['ok', 200]] } = of;
  const fetch = new FetchEvent({ subgraph, kind: 'entities', operationType: 'query', isInProcess: false, began: 1 });
  fetch.ended = 5;
  fetch.outcome = outcome;
  for (const [attempt, status] of attempts) fetch.addAttempt({ began: 1, ended: 3, outcome: attempt, status });
  operations[0]?.fetches.push(fetch);
  return fetch;
}
