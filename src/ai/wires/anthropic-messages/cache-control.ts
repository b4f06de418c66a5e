import { type CacheMark, type JsonObject, ProviderFailure } from '../../model-call/index.ts';

/** A cache mark in the wire's form; five minutes are the API's default. */
export function cacheControl({ ttl }: CacheMark): JsonObject {
  return ttl === '1h' ? { type: 'ephemeral', ttl } : { type: 'ephemeral' };
}

export function invalidRequest(detail: string): ProviderFailure {
  return new ProviderFailure({ kind: 'invalid_request', detail });
}
