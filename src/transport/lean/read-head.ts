/**
 * Reads the head of an HTTP/1.1 response (RFC 9112, sections 4 to 6), strictly: what two readers could understand in two
 * ways is refused, so that nobody hides one response in another. Refused are bare line feeds, folded lines, white space
 * before a colon, control characters, two lengths, a length beside a transfer coding, any coding but `chunked`, and an
 * upgrade nobody asked for.
 */
import type { ResponseHeaders } from '../exchange.ts';

/** How the body ends. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'until-close' };

export interface ResponseHead {
  readonly status: number;
  readonly headers: ResponseHeaders;
  readonly framing: Framing;
  /** Whether the connection may carry another request once the body has ended. */
  readonly persists: boolean;
  /** How long the server keeps an idle connection, where it says so (`keep-alive: timeout=5`). */
  readonly idleMs: number | undefined;
}

/** What a server wrote that is no HTTP/1.1 response: its connection is closed and never used again. */
export class MalformedResponse extends Error {
  readonly code = 'MALFORMED_RESPONSE';
}

const statusLine = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const fieldName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Control characters other than tabs and the ends of lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const forbidden = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n/;
const digits = /^[0-9]{1,15}$/;

const noBody: Framing = { kind: 'none' };
const chunked: Framing = { kind: 'chunked' };
const untilClose: Framing = { kind: 'until-close' };

/**
 * @param text the head as latin1, without the empty line that ends it
 * @throws MalformedResponse
 */
export function readHead(text: string): ResponseHead {
  if (forbidden.test(text)) throw new MalformedResponse('the head holds control characters');
  let end = text.indexOf('\r\n');
  const first = end === -1 ? text : text.slice(0, end);
  const start = statusLine.exec(first);
  if (start === null) throw new MalformedResponse('the status line is not one of HTTP/1.1');
  const status = Number(start[2]);
  const headers: Record<string, string | string[]> = Object.create(null);
  while (end !== -1) {
    const from = end + 2;
    end = text.indexOf('\r\n', from);
    readField(end === -1 ? text.slice(from) : text.slice(from, end), headers);
  }
  const isOldVersion = start[1] === '0';
  const framing = framingOf(status, headers, isOldVersion);
  const connection = headers.connection;
  const closes =
    connection !== undefined && connection !== 'keep-alive' && /(?:^|,)\s*close\s*(?:,|$)/i.test(String(connection));
  return {
    status,
    headers,
    framing,
    persists: !isOldVersion && !closes && framing.kind !== 'until-close',
    idleMs: idleTimeOf(headers['keep-alive']),
  };
}

function readField(line: string, headers: Record<string, string | string[]>): void {
  const colon = line.indexOf(':');
  const key = colon < 1 ? undefined : keyOf(line.slice(0, colon));
  if (key === undefined) throw new MalformedResponse('a header’s name is malformed');
  const value = line.slice(colon + 1).trim();
  const before = headers[key];
  if (before === undefined) headers[key] = value;
  else if (typeof before === 'string') headers[key] = [before, value];
  else before.push(value);
}

/** Lower-case names of headers that were read before: servers send the same few. */
const keys = new Map<string, string>();
const maxKeys = 1_000;

/** @returns undefined where the name is no token */
function keyOf(name: string): string | undefined {
  const cached = keys.get(name);
  if (cached !== undefined) return cached;
  if (!fieldName.test(name)) return undefined;
  const key = name.toLowerCase();
  if (keys.size < maxKeys) keys.set(name, key);
  return key;
}

function framingOf(status: number, headers: ResponseHeaders, isOldVersion: boolean): Framing {
  const { 'content-length': length, 'transfer-encoding': coding } = headers;
  if (coding !== undefined) {
    if (length !== undefined) throw new MalformedResponse('the body has a length and a transfer coding');
    if (typeof coding !== 'string' || coding.toLowerCase() !== 'chunked' || isOldVersion)
      throw new MalformedResponse('the transfer coding is not chunked');
    return status < 200 || status === 204 || status === 304 ? noBody : chunked;
  }
  if (length !== undefined && (typeof length !== 'string' || !digits.test(length)))
    throw new MalformedResponse('the content-length is not one number');
  if (status < 200 || status === 204 || status === 304) return noBody;
  if (length === undefined) return untilClose;
  const bytes = Number(length);
  return bytes === 0 ? noBody : { kind: 'length', bytes };
}

/** The value that was read last: a server sends the same one each time. */
let lastKeepAlive = '';
let lastIdleMs: number | undefined;

function idleTimeOf(keepAlive: string | string[] | undefined): number | undefined {
  if (keepAlive === undefined) return undefined;
  if (keepAlive === lastKeepAlive) return lastIdleMs;
  const value = String(keepAlive);
  const seconds = /(?:^|[,;\s])timeout=([0-9]{1,6})/i.exec(value)?.[1];
  lastKeepAlive = value;
  lastIdleMs = seconds === undefined ? undefined : Number(seconds) * 1_000;
  return lastIdleMs;
}
