/** A whole answer, or an entity, as it is stored: a line of what decides its use, then the answer’s bytes. */
import { hash } from 'node:crypto';
import { parseExactJson } from '../../lib/index.ts';
import type { CachePolicy } from '../policy/cache-policy.ts';

/** An answer that is to be stored. Its times begin when the first of its data was asked for. */
export interface NewResponse {
  readonly policy: CachePolicy;
  /** Of the bytes, as a header’s value: `"…"`. */
  readonly etag: string;
  /** What header rules brought from subgraphs. */
  readonly headers: readonly (readonly [string, string])[];
  /** Of what was read, for those who read it from the cache: they are tags of their answers, too. */
  readonly tags: readonly string[];
  /** How old it was when it was stored. */
  readonly readMs: number;
  /** The age at which it may be read anew, ahead of its end. */
  readonly renewMs: number;
  readonly body: Buffer;
}

export interface StoredResponse extends NewResponse {
  /** Of this text of this entry alone, in this thread. */
  readonly version: number;
  /** The body as text that is sent in one piece with its head, where that is possible. */
  readonly sendable: string | Buffer;
  /** The body’s JSON: shared, must not be modified. */
  readonly value: unknown;
}

/** Of an answer’s time, the last part in which it may be read anew. */
const renewablePart = 0.1;

/** How long before its end an answer may be read anew. */
export function renewableMs(maxAgeMs: number): number {
  return maxAgeMs * renewablePart;
}

/**
 * An age of its own for each answer, so that those that were stored together are not read anew together.
 *
 * @param readMs how old it is when it is stored
 */
export function drawRenewal(maxAgeMs: number, readMs: number, random: () => number = Math.random): number {
  return Math.round(maxAgeMs - renewableMs(maxAgeMs - readMs) * random());
}

export function etagOf(body: Uint8Array | string): string {
  return `"${hash('sha256', body, 'base64url').slice(0, 22)}"`;
}

export function encodeResponse({ policy, etag, headers, tags, readMs, renewMs, body }: NewResponse): Buffer {
  const { scope, maxAgeMs } = policy;
  const times = `${Math.ceil(maxAgeMs)} ${Math.ceil(readMs)} ${Math.ceil(renewMs)}`;
  const brought = headers.length + tags.length === 0 ? '' : ` ${JSON.stringify({ headers, tags })}`;
  return Buffer.concat([Buffer.from(`r2 ${scope} ${times} ${etag.slice(1, -1)}${brought}\n`), body]);
}

const line = /^r2 (public|private) (\d{1,15}) (\d{1,15}) (\d{1,15}) ([\w-]{22})(?: (\{.*\}))?$/s;

/** @returns undefined for bytes that are no stored answer: a store that others share may hold anything */
export function decodeResponse(bytes: Buffer): StoredResponse | undefined {
  const end = bytes.indexOf(0x0a);
  const match = end === -1 ? null : line.exec(bytes.toString('utf8', 0, end));
  if (match === null) return undefined;
  const [, scope, maxAgeMs, readMs, renewMs, digest, json] = match;
  const etag = `"${digest}"`;
  const body = bytes.subarray(end + 1);
  const brought = json === undefined ? nothingBrought : broughtBy(json);
  if (brought === undefined || etagOf(body) !== etag) return undefined;
  const policy = { maxAgeMs: Number(maxAgeMs), scope: scope as CachePolicy['scope'] };
  return new Decoded(policy, etag, brought, Number(readMs), Number(renewMs), body);
}

type Brought = Pick<NewResponse, 'headers' | 'tags'>;

const nothingBrought: Brought = { headers: [], tags: [] };

function broughtBy(json: string): Brought | undefined {
  try {
    const { headers, tags } = JSON.parse(json) as Readonly<Record<string, unknown>>;
    const isText = (part: unknown): boolean => typeof part === 'string';
    const isHeader = (header: unknown): boolean => Array.isArray(header) && header.length === 2 && header.every(isText);
    const isRight = Array.isArray(headers) && headers.every(isHeader) && Array.isArray(tags) && tags.every(isText);
    return isRight ? { headers, tags } : undefined;
  } catch {
    return undefined;
  }
}

/** Longer ones are sent as bytes. */
const mostText = 16_384;

let lastVersion = 0;

class Decoded implements StoredResponse {
  readonly version = ++lastVersion;
  readonly policy: CachePolicy;
  readonly etag: string;
  readonly headers: NewResponse['headers'];
  readonly tags: NewResponse['tags'];
  readonly readMs: number;
  readonly renewMs: number;
  readonly body: Buffer;
  #sendable: string | Buffer | undefined;
  #value: unknown;

  constructor(
    policy: CachePolicy,
    etag: string,
    { headers, tags }: Brought,
    readMs: number,
    renewMs: number,
    body: Buffer,
  ) {
    this.policy = policy;
    this.etag = etag;
    this.headers = headers;
    this.tags = tags;
    this.readMs = readMs;
    this.renewMs = renewMs;
    this.body = body;
  }

  get sendable(): string | Buffer {
    this.#sendable ??= this.body.length > mostText ? this.body : this.body.toString('utf8');
    return this.#sendable;
  }

  get value(): unknown {
    this.#value ??= parseExactJson(this.body.toString('utf8'));
    return this.#value;
  }
}
