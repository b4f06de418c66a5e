/**
 * Identical queries that arrive while one is running are answered with that one's bytes (lib's `SharedRuns`), each with
 * its own abort, deadline, log line and status.
 */
import { Deadline, type SharedRuns } from '../../lib/index.ts';
import type { GraphQLHttpRequest } from './read-graphql-request.ts';

/** A bound on shared runs that no participant reaches; each subgraph request still has its own timeout. */
const sharedRunMs = 3_600_000;

/** One client that waits for its answer, until its own deadline or its disconnect. */
export interface Participant {
  readonly signal: AbortSignal;
  readonly deadline: Deadline;
}

/**
 * Runs a query, or joins the identical one that is running. A shared run lasts as long as any participant waits: whoever
 * began it may disconnect before those who joined.
 *
 * @param key from `sharingKey`; `undefined` runs the operation alone, as does `runs` where sharing is off
 */
export function shareIdentical<Value>(
  runs: SharedRuns<Value> | undefined,
  key: string | undefined,
  { signal, deadline }: Participant,
  run: (signal: AbortSignal, deadline: Deadline) => Promise<Value>,
): Promise<Value> {
  if (runs === undefined || key === undefined) return run(signal, deadline);
  return runs.run(key, signal, (sharedSignal) => run(sharedSignal, Deadline.in(sharedRunMs)));
}

/**
 * What decides the answer of a query, apart from its generation: the caller, the contract, the query, the media type, and
 * the headers that subgraphs are sent.
 *
 * @param caller from `principalKey`
 * @returns undefined for what is never shared: anything that may be a mutation or a subscription, by its text
 */
export function sharingKey(
  request: GraphQLHttpRequest,
  caller: string,
  contract: string | undefined,
  forwardedHeaders: readonly string[],
  explain: ReadonlySet<string>,
): string | undefined {
  const { method, body, search, mediaType } = request;
  if (method === 'POST') {
    const query = (body as { readonly query?: unknown } | null)?.query;
    if (typeof query !== 'string' || /\b(?:mutation|subscription)\b/.test(query)) return undefined;
  }
  return JSON.stringify([
    caller,
    contract,
    mediaType,
    forwardedHeaders,
    [...explain],
    method === 'POST' ? body : search,
  ]);
}
