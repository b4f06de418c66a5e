/**
 * The API keys of a store, in memory: a request waits for the store only where its key is not known yet. Changes are read each
 * second, or when the main thread tells of them, so that a revoked key ends within two. Where the store does not answer, known keys stay valid for `maxStaleMs`.
 */
import { timingSafeEqual } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError, messageOf } from '../../errors/index.ts';
import { withinTime } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import { RevisionClock, type RevisionTeller } from '../../signals/index.ts';
import type { Store, StoredApiKey } from '../../store/index.ts';
import type { Principal } from '../principal.ts';
import { apiKeyHashing, hashApiKey, idOfApiKey } from './api-key.ts';

export interface KeyRingOptions {
  readonly store: Store;
  readonly log: Pick<Logger, 'warn' | 'info'>;
  /** How long keys stay valid while the store does not answer. @default 300_000 */
  readonly maxStaleMs?: number;
  /** Who tells of changes. @default nobody: they are looked for each second */
  readonly teller?: RevisionTeller | undefined;
  /** Whether the last use of keys is written. @default true */
  readonly recordsUses?: boolean;
}

/** Unknown keys make the store be read again at most this often, however many requests bring one. */
const minReadGapMs = 50;
/** How long a request waits for that. */
const maxWaitMs = 1_000;
/** The last use of a key is written at most this often. */
const recordUseMs = 60_000;

interface CachedKey {
  readonly hash: Buffer;
  readonly principal: Principal;
}

export class KeyRing {
  readonly #store: Store;
  readonly #log: Pick<Logger, 'warn' | 'info'>;
  readonly #maxStaleMs: number;
  readonly #recordsUses: boolean;
  readonly #teller: RevisionTeller | undefined;
  readonly #hashKey: Buffer;
  readonly #keys = new Map<string, CachedKey>();
  /** When keys were last used, in milliseconds since 1970, where that is not written yet. */
  readonly #uses = new Map<string, number>();
  /** When the written last use was. */
  readonly #recordedUses = new Map<string, number>();
  #revision: number | undefined;
  /** On the clock of `performance`, as all further times here. */
  #readAt = Number.NEGATIVE_INFINITY;
  #beganAt = Number.NEGATIVE_INFINITY;
  #hasFailed = false;
  #reading: Promise<void> = Promise.resolve();
  #nextReading: Promise<void> | undefined;
  #clock: RevisionClock | undefined;

  private constructor({ store, log, maxStaleMs = 300_000, recordsUses = true, teller }: KeyRingOptions) {
    this.#store = store;
    this.#log = log;
    this.#maxStaleMs = maxStaleMs;
    this.#recordsUses = recordsUses;
    this.#teller = teller;
    this.#hashKey = store.deriveKey(apiKeyHashing);
  }

  /**
   * The store is the ring's from here on: it is closed with it, and where this throws.
   * @throws where the keys cannot be read at all
   */
  static async open(options: KeyRingOptions): Promise<KeyRing> {
    try {
      const ring = new KeyRing(options);
      await ring.#readChanges();
      ring.#follow();
      return ring;
    } catch (error) {
      await options.store.close();
      throw error;
    }
  }

  /**
   * @returns a promise only where the key is not known yet
   * @throws GatewayError `UNAUTHENTICATED`; `AUTHENTICATION_UNAVAILABLE` where the store does not answer
   */
  identify(text: string): Principal | Promise<Principal> {
    const id = idOfApiKey(text);
    if (id === undefined) throw refusal('what was sent is not in the form of an API key');
    if (performance.now() - this.#readAt > this.#maxStaleMs) throw unchecked();
    const cached = this.#keys.get(id);
    return cached === undefined ? this.#identifyLater(id, text) : this.#verify(id, cached, text);
  }

  /** Whether a key that is valid has one of the scopes. */
  hasScope(isOne: (scope: string) => boolean): boolean {
    const now = Date.now();
    for (const { principal } of this.#keys.values()) {
      const isValid = principal.expiresAt === undefined || principal.expiresAt > now;
      if (isValid && principal.scopes.some(isOne)) return true;
    }
    return false;
  }

  /** Writes what is not written yet, and closes the store. */
  async close(): Promise<void> {
    this.#clock?.close();
    await (this.#nextReading ?? this.#reading);
    await this.#recordUses(0);
    await this.#store.close();
  }

  #verify(id: string, { hash, principal }: CachedKey, text: string): Principal {
    if (!timingSafeEqual(hashApiKey(text, this.#hashKey), hash))
      throw refusal(`the secret of the API key ${id} is wrong`);
    const now = Date.now();
    if (principal.expiresAt !== undefined && principal.expiresAt <= now)
      throw refusal(`the API key ${id} has expired`, 'The API key has expired.');
    if (this.#recordsUses) this.#uses.set(id, now);
    return principal;
  }

  /** It may have been created less than a second ago. */
  async #identifyLater(id: string, text: string): Promise<Principal> {
    const work = withinTime(this.#readAgain(), { timeoutMs: maxWaitMs, what: 'reading the API keys' });
    const isLate = await work.then(
      () => false,
      () => true,
    );
    const cached = this.#keys.get(id);
    if (cached !== undefined) return this.#verify(id, cached, text);
    if (isLate || this.#hasFailed) throw unchecked();
    throw refusal(`there is no API key ${id}, or it is revoked`);
  }

  /** A reading that begins after this call; all who wait share it. */
  #readAgain(): Promise<void> {
    this.#nextReading ??= (async () => {
      await this.#reading;
      const pauseMs = this.#beganAt + minReadGapMs - performance.now();
      if (pauseMs > 0) await wait(pauseMs);
      this.#nextReading = undefined;
      this.#reading = this.#read();
      await this.#reading;
    })();
    return this.#nextReading;
  }

  /** Never rejects. */
  async #read(): Promise<void> {
    try {
      await this.#readChanges();
      if (this.#hasFailed) this.#log.info({}, 'the store answers again: changes of API keys are taken up');
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed)
        this.#log.warn({ reason: messageOf(error), validForMs: this.#maxStaleMs }, 'API keys cannot be read');
      this.#hasFailed = true;
    }
  }

  async #readChanges(): Promise<void> {
    const beganAt = performance.now();
    this.#beganAt = beganAt;
    const changes = await this.#store.apiKeys.changesSince(this.#revision);
    for (const key of changes?.keys ?? []) {
      if (key.revokedAt === undefined) this.#keys.set(key.id, toCachedKey(key));
      else this.#keys.delete(key.id);
    }
    this.#revision = changes?.revision ?? this.#revision;
    this.#readAt = beganAt;
  }

  #follow(): void {
    this.#clock = new RevisionClock({
      teller: this.#teller,
      table: 'api_keys',
      onTick: async (revision) => {
        // Where nothing has changed, the store was read by whoever says so.
        if (revision !== undefined && revision === this.#revision && !this.#hasFailed) this.#readAt = performance.now();
        else await this.#readAgain();
        await this.#recordUses(recordUseMs);
      },
    });
  }

  /** Never rejects: what cannot be written is written later. */
  async #recordUses(minAgeMs: number): Promise<void> {
    const due = [...this.#uses].filter(([id, at]) => at - (this.#recordedUses.get(id) ?? 0) >= minAgeMs);
    if (due.length === 0 || this.#hasFailed) return;
    try {
      await this.#store.apiKeys.recordUses(new Map(due));
    } catch (error) {
      this.#log.warn({ reason: messageOf(error) }, 'the last uses of API keys cannot be written');
      return;
    }
    for (const [id, at] of due) {
      this.#recordedUses.set(id, at);
      if (this.#uses.get(id) === at) this.#uses.delete(id);
    }
  }
}

function toCachedKey({ id, hash, tenant, scopes, roles, models, expiresAt }: StoredApiKey): CachedKey {
  const principal = { id: `key:${id}`, kind: 'key', tenant, scopes, roles, claims: {}, models, expiresAt } as const;
  return { hash: Buffer.from(hash, 'base64url'), principal: Object.freeze(principal) };
}

function refusal(detail: string, message = 'The API key is not valid.'): GatewayError {
  return new GatewayError('UNAUTHENTICATED', { message, detail });
}

function unchecked(): GatewayError {
  const detail = 'the store does not answer: an API key could not be checked';
  return new GatewayError('AUTHENTICATION_UNAVAILABLE', { detail });
}
