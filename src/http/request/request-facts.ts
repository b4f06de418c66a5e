/** What a request turns out to be while it is answered, for its one line in the log. */
import type { IncomingMessage } from 'node:http';
import type { Logger } from '../../observability/index.ts';
import type { ClientRequest } from './client-request.ts';

/** An operation as it was run, and how many errors its answer has. */
export interface OperationFacts {
  readonly operationType?: string | undefined;
  /** The operation's name. */
  readonly operation?: string | undefined;
  readonly errors?: number | undefined;
  /** How large the operation is, where limits are measured: by the keys of `limits`. */
  readonly sizes?: Readonly<Record<string, number | undefined>> | undefined;
  /** In points, before anything was sent; missing where operations are not priced. */
  readonly costEstimated?: number | undefined;
  /** In points, by the answers of the subgraphs. */
  readonly costActual?: number | undefined;
}

export interface RequestFacts extends OperationFacts {
  /** The error code that is the whole answer, or why it was cut. */
  readonly code?: string | undefined;
  /** What an operator may change about it. */
  readonly key?: string | undefined;
}

/** A property of the request: a WeakMap takes longer to write, and each garbage collection longer with it. */
const facts = Symbol('facts');

type Noted = IncomingMessage & { [facts]?: RequestFacts };

/** Adds what is found out later to what was. */
export function noteFacts({ raw }: { readonly raw: Noted }, later: RequestFacts): void {
  const earlier = raw[facts];
  raw[facts] = earlier === undefined ? later : { ...earlier, ...later };
}

/** Of what failed without a reason that a client may be told. */
export function noteFailure(request: Pick<ClientRequest, 'raw' | 'id'>, error: unknown, log: Logger): void {
  log.error({ requestId: request.id, error }, 'a request failed unexpectedly');
  noteFacts(request, { code: 'INTERNAL_SERVER_ERROR' });
}

export function factsOf({ raw }: { readonly raw: Noted }): RequestFacts | undefined {
  return raw[facts];
}
