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

/** The request line and the headers of content, which are the same for every request to a URL. */
interface Beginning {
  /** Method and path. */
  readonly target: string;
  readonly headers: readonly string[];
  readonly text: string;
}

/** Names and values. */
const fieldsAtBeginning = 4;

/** Writes the heads of requests to one host. */
export class HeadWriter {
  readonly #host: string;
  #beginning: Beginning = { target: '', headers: [], text: '' };

  constructor(host: string) {
    this.#host = host;
  }

  write({ method, path, headers, body }: LeanRequest): string | undefined {
    const fields = writeFields(headers, fieldsAtBeginning, headers.length);
    const target = `${method} ${path}`;
    const beginning = isOf(this.#beginning, target, headers) ? this.#beginning.text : this.#begin(target, headers);
    if (fields === undefined || beginning === undefined) return undefined;
    if (body === null) return `${beginning}${fields}\r\n`;
    return `${beginning}${fields}content-length: ${Buffer.byteLength(body)}\r\n\r\n`;
  }

  #begin(target: string, headers: readonly string[]): string | undefined {
    const fields = writeFields(headers, 0, Math.min(fieldsAtBeginning, headers.length));
    if (fields === undefined) return undefined;
    const text = `${target} HTTP/1.1\r\nhost: ${this.#host}\r\n${fields}`;
    this.#beginning = { target, headers: headers.slice(0, fieldsAtBeginning), text };
    return text;
  }
}

function isOf(beginning: Beginning, target: string, headers: readonly string[]): boolean {
  if (beginning.target !== target) return false;
  for (let index = 0; index < fieldsAtBeginning; index++) if (beginning.headers[index] !== headers[index]) return false;
  return true;
}

function writeFields(headers: readonly string[], from: number, to: number): string | undefined {
  let fields = '';
  for (let index = from; index < to; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    if (!isToken(name) || !sendableValue.test(value)) return undefined;
    fields += `${name}: ${value}\r\n`;
  }
  return fields;
}
