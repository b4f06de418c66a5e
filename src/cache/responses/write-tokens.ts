/**
 * Clients read what they have written: the answer to a mutation has a token, and no cached data that was read before that
 * mutation answers a query that brings it, through whatever gateway. For as long as `tokenLifeMs`.
 *
 * When it was written is a mark in the store of cached answers: its age is told by the same clock as theirs, so that gateways’
 * clocks need not agree. Where the mark is gone (evicted, a failover), the token’s own time counts, less how far clocks may differ.
 *
 * A token that was not given by a gateway has no effect: it has no mark, and no signature of the key. So a client needs a mutation
 * for having an answer read anew, once.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { CacheEntry, CacheStore, Soon } from '../cache-store.ts';

export const writeTokenHeader = 'isthmus-write-token';

export const tokenLifeMs = 300_000;
/** How far gateways’ clocks may differ where only they can tell. */
const clockSkewMs = 5_000;

/** When the client wrote. */
export interface Write {
  readonly id: string;
  readonly msAgo: () => number;
}

const form = /^([\w-]{22})\.([0-9a-z]{1,9})\.([\w-]{22})$/;

export class WriteTokens {
  readonly #store: Pick<CacheStore, 'get' | 'set'>;
  readonly #key: string | Uint8Array;

  /** @param key that gateways have in common; where they have none, the marks alone tell their tokens */
  constructor(store: Pick<CacheStore, 'get' | 'set'>, key: string | Uint8Array) {
    this.#store = store;
    this.#key = key;
  }

  /** The token of a mutation that has just been executed. */
  async issue(): Promise<string> {
    const id = randomBytes(16).toString('base64url');
    const time = Date.now().toString(36);
    await this.#store.set(markKey(id), '1', { ttlMs: tokenLifeMs });
    return `${id}.${time}.${this.#signature(id, time)}`;
  }

  /** @returns undefined for a token without effect */
  read(token: string | readonly string[] | undefined): Soon<Write | undefined> {
    const match = typeof token === 'string' ? form.exec(token) : null;
    if (match === null) return undefined;
    const [, id = '', time = '', signature = ''] = match;
    const of = (mark: CacheEntry | undefined): Write | undefined => {
      const now = performance.now();
      if (mark !== undefined) {
        const writtenAt = now - mark.ageMs;
        return { id, msAgo: () => performance.now() - writtenAt };
      }
      const passedMs = Date.now() - Number.parseInt(time, 36);
      if (!this.#isSigned(id, time, signature) || passedMs > tokenLifeMs) return undefined;
      const writtenAt = now - Math.max(0, passedMs - clockSkewMs);
      return { id, msAgo: () => performance.now() - writtenAt };
    };
    const mark = this.#store.get(markKey(id));
    return mark instanceof Promise ? mark.then(of) : of(mark);
  }

  #signature(id: string, time: string): string {
    return createHmac('sha256', this.#key).update(`write ${id} ${time}`).digest('base64url').slice(0, 22);
  }

  #isSigned(id: string, time: string, signature: string): boolean {
    return timingSafeEqual(Buffer.from(this.#signature(id, time)), Buffer.from(signature));
  }
}

function markKey(id: string): string {
  return `write:${id}`;
}
