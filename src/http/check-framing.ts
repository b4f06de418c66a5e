/**
 * Refuses requests whose host or length two parsers could read differently (request smuggling, RFC 9112
 * sections 3.2 and 6.1; CVE-2026-49468 for hosts): Node's parser accepts any
 * codings whose last is `chunked`, and the first of several hosts. A proxy in front of it may choose differently.
 */
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors/index.ts';

/** @returns GatewayError `BAD_REQUEST` where it must not be served; its connection cannot be used again */
export function framingProblem(request: IncomingMessage): GatewayError | undefined {
  const { rawHeaders, headers } = request;
  let hosts = 0;
  let lengths = 0;
  let codings = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === 4) hosts += isNamed(name, 'host');
    else if (name.length === 14) lengths += isNamed(name, 'content-length');
    else if (name.length === 17) codings += isNamed(name, 'transfer-encoding');
  }
  if (hosts > 1) return refusal('The request names its host more than once.');
  if (hosts === 0 && request.httpVersion === '1.1') return refusal('The request does not name its host.');
  if (hosts === 1 && !isHost(headers.host ?? '')) return refusal('The host of the request is not one.');
  if (codings === 0 && lengths <= 1) return undefined;
  if (lengths > 1 || (lengths === 1 && codings > 0)) return refusal('The request gives its length more than once.');
  if (request.httpVersion === '1.0') return refusal('HTTP/1.0 has no transfer codings.');
  if (codings > 1 || headers['transfer-encoding']?.toLowerCase() !== 'chunked')
    return refusal('`chunked` is the one transfer coding that is served; bodies are compressed by `content-encoding`.');
  return undefined;
}

function isNamed(name: string, expected: string): 0 | 1 {
  return name.toLowerCase() === expected ? 1 : 0;
}

/** A name or an address with a port or without: no user, no path, no list. Empty where the target has none. */
function isHost(host: string): boolean {
  return /^(?:[\w.~!$&'()*+;=%-]*|\[[\da-f:.]+\])(?::\d{0,5})?$/i.test(host);
}

function refusal(message: string): GatewayError {
  return new GatewayError('BAD_REQUEST', { message });
}
