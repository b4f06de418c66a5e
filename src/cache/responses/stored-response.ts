/** A whole answer as it is stored: a line of JSON, then the answer’s bytes. */
import { hash } from 'node:crypto';
import type { CachePolicy } from '../policy/cache-policy.ts';

export interface StoredResponse {
  readonly policy: CachePolicy;
  /** Of the bytes, as a header’s value: `"…"`. */
  readonly etag: string;
  /** What header rules brought from subgraphs. */
  readonly headers: readonly (readonly [string, string])[];
  /** Of what was read, for those who read it from the cache: they are tags of their answers, too. */
  readonly tags: readonly string[];
  readonly body: Buffer;
}

interface Head {
  readonly scope: CachePolicy['scope'];
  readonly maxAgeMs: number;
  readonly etag: string;
  readonly headers: StoredResponse['headers'];
  readonly tags: StoredResponse['tags'];
}

export function etagOf(body: Uint8Array | string): string {
  return `"${hash('sha256', body, 'base64url').slice(0, 22)}"`;
}

export function encodeResponse({ policy, etag, headers, tags, body }: StoredResponse): Buffer {
  const head: Head = { scope: policy.scope, maxAgeMs: policy.maxAgeMs, etag, headers, tags };
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), body]);
}

/** @returns undefined for bytes that are no stored answer: a store that others share may hold anything */
export function decodeResponse(bytes: Buffer): StoredResponse | undefined {
  const end = bytes.indexOf(0x0a);
  if (end === -1) return undefined;
  try {
    const head: unknown = JSON.parse(bytes.toString('utf8', 0, end));
    if (!isHead(head)) return undefined;
    const body = bytes.subarray(end + 1);
    if (etagOf(body) !== head.etag) return undefined;
    const { scope, maxAgeMs, etag, headers, tags } = head;
    return { policy: { scope, maxAgeMs }, etag, headers, tags, body };
  } catch {
    return undefined;
  }
}

function isHead(value: unknown): value is Head {
  if (typeof value !== 'object' || value === null) return false;
  const { scope, maxAgeMs, etag, headers, tags } = value as Partial<Record<keyof Head, unknown>>;
  return (
    (scope === 'public' || scope === 'private') &&
    typeof maxAgeMs === 'number' &&
    typeof etag === 'string' &&
    Array.isArray(headers) &&
    Array.isArray(tags) &&
    tags.every((tag) => typeof tag === 'string')
  );
}
