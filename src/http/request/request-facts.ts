/** What a request turns out to be while it is answered, for its one line in the log. */
import type { FastifyRequest } from 'fastify';

/** An operation as it was run, and how many errors its answer has. */
export interface OperationFacts {
  readonly operationType?: string | undefined;
  /** The operation's name. */
  readonly operation?: string | undefined;
  readonly errors?: number | undefined;
}

export interface RequestFacts extends OperationFacts {
  /** The error code that is the whole answer, or why it was cut. */
  readonly code?: string | undefined;
  /** What an operator may change about it. */
  readonly key?: string | undefined;
}

const noted = new WeakMap<object, RequestFacts>();

/** Adds what is found out later to what was. */
export function noteFacts({ raw }: Pick<FastifyRequest, 'raw'>, facts: RequestFacts): void {
  const earlier = noted.get(raw);
  noted.set(raw, earlier === undefined ? facts : { ...earlier, ...facts });
}

export function factsOf({ raw }: Pick<FastifyRequest, 'raw'>): RequestFacts | undefined {
  return noted.get(raw);
}
