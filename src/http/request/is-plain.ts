import type { IncomingMessage } from 'node:http';
import { framingProblem } from '../check-framing.ts';
import { isJson } from './is-json.ts';

/**
 * Whether a request is a POST of JSON that says how long it is, and nothing more: what is compressed, chunked, an upgrade, or
 * ambiguous is not.
 */
export function isPlainPost(request: IncomingMessage, maxBodyBytes: number): boolean {
  const { headers } = request;
  return (
    request.method === 'POST' &&
    isJson(headers['content-type'] ?? '') &&
    headers['content-encoding'] === undefined &&
    headers['transfer-encoding'] === undefined &&
    headers.upgrade === undefined &&
    headers.expect === undefined &&
    Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) <= maxBodyBytes &&
    framingProblem(request) === undefined
  );
}
