/**
 * Reads the body of a /v1 request strictly, before anything is looked at: media type, charset, encoding, UTF-8, JSON,
 * and how deep it nests, so that nothing after it that walks the value can run out of stack.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { parse as parseJson } from 'secure-json-parse';
import { type Fields, InvalidField, isFields } from '../../ai/wires/shared/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { isJson } from '../request/is-json.ts';

/** Deeper than any JSON schema or tool argument seen in use. */
const maxDepth = 128;

/** @throws GatewayError `UNSUPPORTED_MEDIA_TYPE`; InvalidField for what is not UTF-8 */
export function readBodyText(headers: IncomingHttpHeaders, body: unknown): string {
  const contentType = headers['content-type'];
  const encoding = headers['content-encoding'];
  if (contentType === undefined || !isJson(contentType) || (encoding !== undefined && encoding !== 'identity')) {
    throw new GatewayError('UNSUPPORTED_MEDIA_TYPE');
  }
  return decode(body);
}

/** @throws InvalidField for what is not a JSON object, or nests too deep */
export function readJsonBody(text: string): Fields {
  // RFC 8259, section 8.1: a sender must not add one, and parsers differ in what they make of it.
  if (text.startsWith('\ufeff')) throw new InvalidField('The body begins with a byte order mark.', undefined);
  if (nestsDeeperThan(text, maxDepth)) {
    throw new InvalidField(`The body nests deeper than ${maxDepth} levels.`, undefined);
  }
  let value: unknown;
  try {
    value = mayPollute(text)
      ? parseJson(text, { protoAction: 'error', constructorAction: 'error' })
      : (JSON.parse(text) as unknown);
  } catch {
    throw new InvalidField('The body is not JSON.', undefined);
  }
  if (!isFields(value)) throw new InvalidField('The body must be a JSON object.', undefined);
  return value;
}

/** Whether a key may be `__proto__` or `constructor`, written with escapes too. Three searches are faster than a pattern. */
function mayPollute(text: string): boolean {
  return text.includes('__proto__') || text.includes('constructor') || text.includes('\\u');
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decode(body: unknown): string {
  try {
    return utf8.decode(body instanceof Uint8Array ? body : new Uint8Array());
  } catch {
    throw new InvalidField('The body is not UTF-8.', undefined);
  }
}

/** Skips over strings by search, so that megabytes of base64 cost next to nothing. */
export function nestsDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === 0x22) {
      at = endOfString(text, at);
    } else if (character === 0x7b || character === 0x5b) {
      depth++;
      if (depth > limit) return true;
    } else if (character === 0x7d || character === 0x5d) {
      depth--;
    }
  }
  return false;
}

/** The place of the quote that ends the string that begins at `begin`; the text's end where none does. */
function endOfString(text: string, begin: number): number {
  let quote = begin;
  for (;;) {
    quote = text.indexOf('"', quote + 1);
    if (quote === -1) return text.length;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return quote;
  }
}
