/** The event of a request, where anybody looks at it: begun with the exchange, kept on the request, filled by what answers it. */
import type { IncomingMessage } from 'node:http';
import { clientNameOf, clientVersionOf } from '../../limits/index.ts';
import { type Door, OperationEvent, RequestEvent, type RequestSink } from '../../observability/index.ts';
import type { ClientRequest } from './client-request.ts';
import { pathOf } from './path-of.ts';

/** A property of the request: a WeakMap takes longer to write, and each garbage collection longer with it. */
const event = Symbol('event');

type Observed = IncomingMessage & { [event]?: RequestEvent };

export type ObservedRequest = Pick<ClientRequest, 'id' | 'method' | 'url' | 'clientAddress'> & {
  readonly raw: Observed;
};

/** @returns undefined where nobody looks at requests */
export function beginEvent(
  sinks: readonly RequestSink[],
  request: ObservedRequest,
  began: number,
  graphqlPath: string,
): RequestEvent | undefined {
  if (sinks.length === 0) return undefined;
  const begun = newEvent(request, began, graphqlPath);
  request.raw[event] = begun;
  for (const sink of sinks) sink.begin?.(begun, request.raw.headers);
  return begun;
}

export function newEvent(
  { raw: { headers }, id, method, url, clientAddress }: ObservedRequest,
  began: number,
  graphqlPath: string,
): RequestEvent {
  const path = pathOf(url);
  const begun = new RequestEvent({ id, began, method, path, door: doorOf(path, graphqlPath), clientAddress });
  begun.clientName = clientNameOf({ clientHeaders: headers });
  begun.clientVersion = clientVersionOf(headers);
  return begun;
}

/** @returns undefined where nobody looks at requests */
export function eventOf({ raw }: { readonly raw: Observed }): RequestEvent | undefined {
  return raw[event];
}

/** Begins one of the operations that a request asks for. @returns undefined where nobody looks at requests */
export function beginOperation(
  request: { readonly raw: Observed },
  began = performance.now(),
): OperationEvent | undefined {
  const of = request.raw[event];
  if (of === undefined) return undefined;
  const operation = new OperationEvent(of, began);
  of.operations.push(operation);
  return operation;
}

function doorOf(path: string, graphqlPath: string): Door {
  if (path === graphqlPath || (path.startsWith(graphqlPath) && path[graphqlPath.length] === '/')) return 'graphql';
  if (path.startsWith('/v1/')) return path === '/v1/prompts' || path.startsWith('/v1/prompts/') ? 'prompts' : 'v1';
  if (path === '/health' || path.startsWith('/health/')) return 'health';
  return /^\/(?:landing(?:\/|$)|favicon\.ico$|$)/.test(path) ? 'page' : 'other';
}
