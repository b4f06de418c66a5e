/**
 * Which queries are identical: those that arrive while one is running are answered with that one's bytes (lib's
 * `SharedRuns`), each with its own abort, deadline, log line and status.
 */
import type { GraphQLHttpRequest } from './read-graphql-request.ts';

/**
 * What decides the answer of a query, apart from its generation: who asks, what, how it is written, and the headers
 * that subgraphs are sent.
 *
 * @returns undefined for what is never shared: anything that may be a mutation or a subscription, by its text
 */
export function sharingKey(
  request: GraphQLHttpRequest,
  principal: { readonly id: string; readonly tenant: string },
  forwardedHeaders: readonly string[],
  explain: ReadonlySet<string>,
): string | undefined {
  const { method, body, search, mediaType } = request;
  if (method === 'POST') {
    const query = (body as { readonly query?: unknown } | null)?.query;
    if (typeof query !== 'string' || /\b(?:mutation|subscription)\b/.test(query)) return undefined;
  }
  return JSON.stringify([
    principal.tenant,
    principal.id,
    mediaType,
    forwardedHeaders,
    [...explain],
    method === 'POST' ? body : search,
  ]);
}
