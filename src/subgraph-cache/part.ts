/** The parts of an answer, an entity each or all fields of the root, and requests for some of them. */
import type { CachedResponse } from '../cache/index.ts';
import { Deadline, untilAborted } from '../lib/index.ts';
import { waitFor } from '../observability/index.ts';
import type { RequestContext, SubgraphRequest } from '../transport/index.ts';
import { typeOfRepresentation } from './entity-keys.ts';
import type { FetchReport } from './fetch-report.ts';
import type { Group as JoinedGroup } from './join-groups.ts';
import type { Usability } from './usability.ts';

/** One part of an answer, an entity or all fields of the root, with what is cached of it. */
export interface Part {
  readonly key: string;
  /** Of the entry; undefined: none is kept for the caller. */
  readonly entryKey: string | undefined;
  readonly cached: CachedResponse | undefined;
  readonly usability: Usability;
}

export type Group = JoinedGroup<Part>;

/** A request for some of the parts, and how it began. */
export interface Wave {
  readonly request: SubgraphRequest;
  readonly parts: readonly Part[];
  readonly context: RequestContext;
  /** Where the client has asked what the cache does. */
  readonly report?: FetchReport | undefined;
}

/** For what is done after the answer has been sent. */
export function backgroundOf(context: RequestContext, timeoutMs: number): RequestContext {
  return {
    ...context,
    signal: AbortSignal.timeout(timeoutMs),
    deadline: Deadline.in(timeoutMs),
    responseHeaders: undefined,
    cachePolicy: undefined,
    cacheDemands: undefined,
    cacheReport: undefined,
    event: undefined,
  };
}

/** A request that nobody waits for: whoever sent it first has its answer, and an event that has ended. */
export function unwatched(request: SubgraphRequest): SubgraphRequest {
  return request.event === undefined ? request : { ...request, event: undefined };
}

/** Waits until others have read what they hold. */
export async function untilRead(
  readers: readonly { ended(): unknown }[],
  { signal, event }: RequestContext,
): Promise<void> {
  await waitFor(event, untilAborted(Promise.all(readers.map((reader) => reader.ended())), signal));
}

/** Of an entity its own, of fields of the root theirs. */
export function typeOfPart(representations: readonly string[] | undefined, index: number): string {
  return representations === undefined ? 'Query' : typeOfRepresentation(representations[index]);
}

export function bypassReason(
  { kind, headers }: SubgraphRequest,
  { explain, cacheDemands }: RequestContext,
): 'mutation' | 'plugin' | 'explained' | 'no_store_requested' | undefined {
  if (kind !== 'query') return 'mutation';
  if (headers !== undefined) return 'plugin';
  if (explain !== undefined && explain.size > (explain.has('cache') ? 1 : 0)) return 'explained';
  return cacheDemands?.isNoStore === true ? 'no_store_requested' : undefined;
}
