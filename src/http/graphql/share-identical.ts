/**
 * Identical queries that arrive while one is running are answered with that one's bytes (lib's `SharedRuns`), each with
 * its own abort, deadline, log line and status.
 */
import { type Principal, principalKey } from '../../access/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import { type Abortable, Deadline, SharedRuns } from '../../lib/index.ts';
import { clientNameOf, priorityHeader } from '../../limits/index.ts';
import { letShareIdentical } from '../../plugins/index.ts';
import type { GatewayGeneration } from '../../runtime/index.ts';
import { type CacheDemands, compileRequestHeaderRules, type ForwardHeaders } from '../../transport/index.ts';
import { dryRunHeader } from '../request/dry-run.ts';
import { maxUsdHeader } from '../request/open-account.ts';
import type { GraphQLHttpRequest } from './read-graphql-request.ts';

/** A bound on shared runs that no participant reaches; each subgraph request still has its own timeout. */
const sharedRunMs = 3_600_000;

/** One client that waits for its answer, until its own deadline or its disconnect. */
export interface Participant {
  readonly signal: Abortable;
  readonly deadline: Deadline;
}

/** What is prepared once per generation. */
export interface Sharing<Value> {
  readonly runs: SharedRuns<Value>;
  readonly forwardHeaders: readonly ForwardHeaders[];
  /** Whether the text of a query may read a field that is limited: then each query counts. */
  readonly isCounted: (text: string) => boolean;
  /** Whether one client's query may wait for others, where another's does not. */
  readonly prioritiesDecide: boolean;
  /** Whether limits or budgets go by the name that a client gives itself. */
  readonly clientNamesDecide: boolean;
}

/** A query with what is known of it before it runs. */
export interface SharedQuery {
  readonly request: GraphQLHttpRequest;
  readonly principal: Principal;
  readonly clientAddress: string;
  readonly contract: string | undefined;
  readonly explain: ReadonlySet<string>;
  readonly cacheDemands?: CacheDemands | undefined;
}

/**
 * @param onShared called with an answer that several clients get, before they do
 * @returns undefined where identical operations are not shared
 */
export function createSharing<Value>(
  { config, access, hooks, fieldLimits }: GatewayGeneration,
  onShared: (value: Value) => void,
): Sharing<Value> | undefined {
  const { traffic, headers } = config;
  const rules = Object.values(headers);
  // A cookie belongs to the client it was set for: where a rule carries cookies, no answer is shared.
  const setsCookies = rules.some(({ response }) => response.some(({ named }) => named === 'set-cookie'));
  // A caller's identical queries may differ in headers that only a policy reads.
  // A subgraph of this process is handed all of them.
  const headersDecide = access?.readsRequest === true || config.subgraphs.some(({ kind }) => kind === 'in-process');
  if (traffic.shareIdentical !== 'operation' || setsCookies || headersDecide || !letShareIdentical(hooks))
    return undefined;
  return {
    runs: new SharedRuns(onShared),
    forwardHeaders: rules.flatMap(({ request }) => compileRequestHeaderRules(request) ?? []),
    isCounted: (text) => fieldLimits?.mayLimit(text) === true,
    prioritiesDecide: config.limits.overload !== undefined,
    clientNamesDecide: clientNamesDecide(config),
  };
}

/** One client's limits and budgets may allow what another's do not. */
function clientNamesDecide({ limits, ai }: ResolvedConfig): boolean {
  return (
    limits.clients.some(({ clientName }) => clientName !== undefined) ||
    ai.budgets.some(({ per, match }) => per === 'client' || match.client !== undefined)
  );
}

/**
 * Runs a query, or joins the identical one that is running. A shared run lasts as long as any participant waits: whoever
 * began it may disconnect before those who joined.
 */
export function shareIdentical<Value>(
  sharing: Sharing<Value> | undefined,
  query: SharedQuery,
  { signal, deadline }: Participant,
  run: (signal: Abortable, deadline: Deadline) => Promise<Value>,
): Promise<Value> {
  const key = sharing && keyOf(sharing, query);
  if (sharing === undefined || key === undefined) return run(signal, deadline);
  return sharing.runs.run(key, signal, (sharedSignal) => run(sharedSignal, Deadline.in(sharedRunMs)));
}

function keyOf(
  { forwardHeaders, isCounted, prioritiesDecide, clientNamesDecide: byName }: Omit<Sharing<unknown>, 'runs'>,
  { request, principal, clientAddress, contract, explain, cacheDemands }: SharedQuery,
): string | undefined {
  const { headers } = request;
  const { query } = (request.body ?? request.parameters ?? {}) as { readonly query?: unknown };
  if (typeof query === 'string' && isCounted(query)) return undefined;
  const deciding = forwardHeaders.flatMap((forward) => forward(headers, principal, clientAddress));
  deciding.push(`${headers[maxUsdHeader]}`, `${headers[dryRunHeader]}`);
  // What is running may have read what another writing has changed since.
  if (cacheDemands !== undefined) deciding.push(JSON.stringify(cacheDemands));
  if (prioritiesDecide) deciding.push(`${headers[priorityHeader]}`);
  if (byName) deciding.push(clientNameOf({ clientHeaders: headers }) ?? '');
  return sharingKey(request, principalKey(principal), contract, deciding, explain);
}

/**
 * What decides the answer of a query, apart from its generation: the caller, the contract, the query, the media type, and
 * headers: those that subgraphs are sent, and those that limits and budgets go by.
 *
 * @param caller from `principalKey`
 * @returns undefined for what is never shared: anything that may be a mutation or a subscription, by its text
 */
export function sharingKey(
  request: GraphQLHttpRequest,
  caller: string,
  contract: string | undefined,
  decidingHeaders: readonly string[],
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
    decidingHeaders,
    [...explain],
    method === 'POST' ? body : search,
  ]);
}
