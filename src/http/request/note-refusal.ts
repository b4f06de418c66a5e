/** Why a request is refused, has failed or is cut: noted on the request for its event, also before it has one. */
import type { IncomingMessage } from 'node:http';
import type { Logger } from '../../observability/index.ts';
import type { ClientRequest } from './client-request.ts';

export interface Refusal {
  /** The error code that is the whole answer, or why it was cut. */
  readonly code?: string | undefined;
  /** What an operator may change about it. */
  readonly key?: string | undefined;
}

/** A property of the request: a WeakMap takes longer to write, and each garbage collection longer with it. */
const refusal = Symbol('refusal');

type Refused = IncomingMessage & { [refusal]?: Refusal };

/** Adds what is found out later to what was. */
export function noteRefusal({ raw }: { readonly raw: Refused }, later: Refusal): void {
  const earlier = raw[refusal];
  raw[refusal] = earlier === undefined ? later : { ...earlier, ...later };
}

/** Of what failed without a reason that a client may be told. */
export function noteFailure(request: Pick<ClientRequest, 'raw' | 'id'>, error: unknown, log: Logger): void {
  log.error({ requestId: request.id, error }, 'a request failed unexpectedly');
  noteRefusal(request, { code: 'INTERNAL_SERVER_ERROR' });
}

/** @returns undefined for a request that is answered */
export function readRefusal({ raw }: { readonly raw: Refused }): Refusal | undefined {
  return raw[refusal];
}
