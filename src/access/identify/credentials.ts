/** Where requests carry credentials. */
import type { IncomingHttpHeaders } from 'node:http';

/** @returns what follows the prefix in the header, where it begins with it; the prefix is compared without case */
export function bearerToken(headers: IncomingHttpHeaders, header: string, prefix: string): string | undefined {
  const value = headers[header];
  if (typeof value !== 'string' || value === '') return undefined;
  if (prefix === '') return value.trim();
  if (value.length <= prefix.length || value.slice(0, prefix.length).toLowerCase() !== prefix.toLowerCase())
    return undefined;
  const token = value.slice(prefix.length);
  return /^\s/.test(token) ? token.trim() : undefined;
}

/** @returns the first cookie of this name (RFC 6265, section 5.4) */
export function cookieOf({ cookie }: IncomingHttpHeaders, name: string): string | undefined {
  for (const pair of cookie?.split(';') ?? []) {
    const equals = pair.indexOf('=');
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
  }
  return undefined;
}
