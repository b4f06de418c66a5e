/** Turns a subgraph's bytes into a GraphQL response, or into a coded error: nothing outside is trusted to have a shape. */
import { GatewayError } from '../errors/index.ts';
import { type ExactJsonOptions, parseExactBytes } from '../lib/index.ts';
import { isWithinDepth, maxValueDepth } from './is-within-depth.ts';
import { readCacheTags } from './read-cache-tags.ts';
import type { SubgraphError, SubgraphResponse } from './subgraph-client.ts';

/** A subgraph that answers a million errors is not read to the end. */
const maxErrors = 1_000;

/**
 * @param status the HTTP status; any is accepted when the body is a GraphQL response (GraphQL over HTTP, section 6.4.2)
 * @throws GatewayError `SUBREQUEST_HTTP_ERROR` for a status other than 2xx without a GraphQL body,
 *   `SUBREQUEST_MALFORMED_RESPONSE` for a 2xx body that is no GraphQL response
 */
export function parseSubgraphResponse(
  service: string,
  status: number,
  bytes: Buffer,
  options?: ExactJsonOptions,
): SubgraphResponse {
  const refuse = (detail: string): never => {
    throw status >= 200 && status < 300
      ? new GatewayError('SUBREQUEST_MALFORMED_RESPONSE', { service, detail })
      : new GatewayError('SUBREQUEST_HTTP_ERROR', { service, detail: `HTTP ${status}` });
  };
  let body: unknown;
  try {
    body = parseExactBytes(bytes, options);
  } catch (error) {
    return refuse(error instanceof RangeError ? 'the body is nested too deeply' : 'the body is not JSON');
  }
  if (!isRecord(body)) return refuse('the body is not an object');
  const { data } = body;
  // Some servers write both, one as null.
  const errors = body.errors ?? undefined;
  if (data === undefined && errors === undefined) return refuse('the body has neither data nor errors');
  if (data !== undefined && data !== null && !isRecord(data)) return refuse('data is not an object');
  if (errors !== undefined && !Array.isArray(errors)) return refuse('errors is not a list');
  if (errors === undefined || errors.length === 0) return withTags(data === undefined ? {} : { data }, body.extensions);
  const read = errors.slice(0, maxErrors).map(toSubgraphError);
  return data === undefined ? { errors: read } : { data, errors: read };
}

function withTags(response: SubgraphResponse, extensions: unknown): SubgraphResponse {
  const cacheTags = readCacheTags(extensions);
  return cacheTags === undefined ? response : { ...response, cacheTags };
}

function toSubgraphError(error: unknown): SubgraphError {
  if (!isRecord(error)) return { message: 'an error that is not an object' };
  const { message, path, extensions } = error;
  return {
    message: typeof message === 'string' ? message : 'an error without a message',
    ...(isPath(path) ? { path } : {}),
    ...(isRecord(extensions) && isWithinDepth(extensions) ? { extensions } : {}),
  };
}

function isPath(path: unknown): path is (string | number)[] {
  return (
    Array.isArray(path) &&
    path.length <= maxValueDepth &&
    path.every((step) => typeof step === 'string' || Number.isInteger(step))
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
