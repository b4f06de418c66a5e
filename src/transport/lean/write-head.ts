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

/** The request line, the host and the headers that many requests have: written once for all of them. */
interface Beginning {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly string[];
  /** Undefined where it cannot be sent. */
  readonly text: string | undefined;
}

const noHeaders: readonly string[] = [];
/** An origin has few: a URL or two, and the keys that are sent in turn. */
const maxBeginnings = 16;

/** Writes the heads of requests to one host. */
export class HeadWriter {
  readonly #host: string;
  readonly #beginnings: Beginning[] = [];

  constructor(host: string) {
    this.#host = host;
  }

  write({ method, path, fixedHeaders = noHeaders, headers, body }: LeanRequest): string | undefined {
    const beginning = this.#beginningOf(method, path, fixedHeaders).text;
    const fields = headers.length === 0 ? '' : writeFields(headers);
    if (fields === undefined || beginning === undefined) return undefined;
    if (body === null) return `${beginning}${fields}\r\n`;
    return `${beginning}${fields}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  }

  #beginningOf(method: string, path: string, headers: readonly string[]): Beginning {
    for (const beginning of this.#beginnings) {
      if (beginning.headers === headers && beginning.path === path && beginning.method === method) return beginning;
    }
    const fields = writeFields(headers);
    const text = fields === undefined ? undefined : `${method} ${path} HTTP/1.1\r\nhost: ${this.#host}\r\n${fields}`;
    const beginning = { method, path, headers, text };
    if (this.#beginnings.unshift(beginning) > maxBeginnings) this.#beginnings.pop();
    return beginning;
  }
}

function writeFields(headers: readonly string[]): string | undefined {
  let fields = '';
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    if (!isToken(name) || !sendableValue.test(value)) return undefined;
    fields += `${name}: ${value}\r\n`;
  }
  return fields;
}
