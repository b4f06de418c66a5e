/** Where requests carry an API key: clients of OpenAI send it as a bearer token, those of Anthropic in a header of its own. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Identifier } from '../identify/authenticator.ts';
import { bearerToken } from '../identify/credentials.ts';
import { apiKeyPrefix } from './api-key.ts';
import type { KeyRing } from './key-ring.ts';

/** @returns what is to be an API key; undefined for a request without one */
export function apiKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const { 'x-api-key': own } = headers;
  return own === undefined ? bearerApiKey(headers) : String(own);
}

/** Identifies callers by the API keys of a ring. */
export function apiKeyIdentifier(ring: KeyRing): Identifier {
  return ({ headers }) => {
    const text = apiKeyOf(headers);
    return text === undefined ? undefined : ring.identify(text);
  };
}

export function hasBearerApiKey(headers: IncomingHttpHeaders): boolean {
  return bearerApiKey(headers) !== undefined;
}

function bearerApiKey(headers: IncomingHttpHeaders): string | undefined {
  const token = bearerToken(headers, 'authorization', 'Bearer');
  return token?.startsWith(apiKeyPrefix) ? token : undefined;
}
