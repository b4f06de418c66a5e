/**
 * Writes the head of a request (RFC 9112, sections 3 and 5). `undefined` where a header's name is no token or its
 * value holds a control character or anything beyond latin1: a client's header that is sent on must not become a second
 * request.
 */
import type { LeanRequest } from './lean-exchange.ts';

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const sendableValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Names that were found to be tokens: the same few are sent with every request. */
const tokens = new Set<string>();
const maxTokens = 1_000;

function isToken(name: string): boolean {
  if (tokens.has(name)) return true;
  if (!token.test(name)) return false;
  if (tokens.size < maxTokens) tokens.add(name);
  return true;
}

export function writeHead({ method, path, headers, body }: LeanRequest, host: string): string | undefined {
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\n`;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    if (!isToken(name) || !sendableValue.test(value)) return undefined;
    head += `${name}: ${value}\r\n`;
  }
  if (body === null) return `${head}\r\n`;
  return `${head}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
}
