/**
 * Splits an `_entities` query whose list of representations is longer than a subgraph takes into several requests, and
 * joins their answers as if it had been one: entities in order, error paths counted through.
 *
 * It fails as the whole would have: where one part fails, so does the request, and the other parts are stopped. A part
 * with another number of entities than it was asked for would shift every later one, and is refused.
 */

import { GatewayError } from '../errors/index.ts';
import { abortSignalOf } from '../lib/index.ts';
import { joinCacheTags } from './read-cache-tags.ts';
import type { RequestContext } from './request-context.ts';
import type { SubgraphError, SubgraphRequest, SubgraphResponse } from './subgraph-client.ts';

/** @returns `undefined` where the request goes out as it is, which is nearly always */
export function splitRepresentations(request: SubgraphRequest, most: number): SubgraphRequest[] | undefined {
  const texts = request.representationsJson;
  const values = texts ?? request.variables?.representations;
  if (!Array.isArray(values) || values.length <= most) return undefined;
  if (request.kind !== 'query' || !request.query.includes('_entities')) return undefined;
  const parts: SubgraphRequest[] = [];
  for (let start = 0; start < values.length; start += most) {
    const slice: unknown[] = values.slice(start, start + most);
    parts.push(
      texts === undefined
        ? { ...request, variables: { ...request.variables, representations: slice } }
        : { ...request, representationsJson: slice as string[] },
    );
  }
  return parts;
}

export async function executeParts(
  service: string,
  parts: readonly SubgraphRequest[],
  context: RequestContext,
  execute: (request: SubgraphRequest, context: RequestContext) => Promise<SubgraphResponse>,
): Promise<SubgraphResponse> {
  const partsEnd = new AbortController();
  const partContext = { ...context, signal: AbortSignal.any([abortSignalOf(context.signal), partsEnd.signal]) };
  try {
    const responses = await Promise.all(parts.map((part) => execute(part, partContext)));
    return joinResponses(service, parts, responses);
  } finally {
    partsEnd.abort();
  }
}

function joinResponses(
  service: string,
  parts: readonly SubgraphRequest[],
  responses: readonly SubgraphResponse[],
): SubgraphResponse {
  const entities: unknown[] = [];
  const errors: SubgraphError[] = [];
  for (const [index, response] of responses.entries()) {
    const count = countOf(parts[index]);
    for (const error of response.errors ?? []) errors.push(shiftPath(error, entities.length));
    entities.push(...entitiesOf(service, response, count));
  }
  const data = { ...responses[0]?.data, _entities: entities };
  const cacheTags = joinCacheTags(
    responses.map((response, index) => ({ cacheTags: response.cacheTags, count: countOf(parts[index]) })),
  );
  return {
    data,
    ...(errors.length === 0 ? {} : { errors }),
    ...(cacheTags === undefined ? {} : { cacheTags }),
  };
}

function countOf(part: SubgraphRequest | undefined): number {
  const values = part?.representationsJson ?? part?.variables?.representations;
  return Array.isArray(values) ? values.length : 0;
}

function entitiesOf(service: string, { data, errors }: SubgraphResponse, count: number): readonly unknown[] {
  const entities = data?._entities;
  if (Array.isArray(entities) && entities.length === count) return entities;
  if (errors !== undefined && (entities === null || entities === undefined)) return new Array(count).fill(null);
  throw new GatewayError('SUBREQUEST_MALFORMED_RESPONSE', {
    service,
    detail: `_entities does not answer the ${count} representations of its part`,
  });
}

function shiftPath(error: SubgraphError, by: number): SubgraphError {
  const [field, index, ...entityPath] = error.path ?? [];
  return field === '_entities' && typeof index === 'number'
    ? { ...error, path: [field, index + by, ...entityPath] }
    : error;
}
