/**
 * The keys that the configuration has for a store: what is read may be of any of them, and what is written is of the one
 * that the store has at that moment. So a store can be given another key while gateways that know both are serving.
 */
import type { StoreCipher } from './store-cipher.ts';
import type { StoreKind, StoreTransaction } from './tables.ts';

export class StoreKeys {
  readonly #ciphers: readonly StoreCipher[];

  /** The one that the store is to have. */
  readonly configured: StoreCipher;
  readonly #kind: StoreKind;

  /** @param ciphers the one that the store is to have, then the previous ones */
  constructor(kind: StoreKind, ciphers: readonly [StoreCipher, ...StoreCipher[]]) {
    this.#kind = kind;
    this.#ciphers = ciphers;
    [this.configured] = ciphers;
  }

  /** @returns undefined where the configuration does not have the key */
  cipherOf(fingerprint: string): StoreCipher | undefined {
    return this.#ciphers.find((cipher) => cipher.fingerprint === fingerprint);
  }

  /** @throws Error for a value of a key that the configuration does not have, or an altered one */
  decrypt(encrypted: string, place: string): string {
    let failure: unknown;
    for (const cipher of this.#ciphers) {
      try {
        return cipher.decrypt(encrypted, place);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /**
   * What a transaction encrypts with. The store is given no other key until it ends: SQLite has one transaction at a time.
   * @throws Error where the store has been given a key that the configuration does not have
   */
  async current(transaction: StoreTransaction): Promise<StoreCipher> {
    const query = transaction.selectFrom('isthmus_store').select('key_fingerprint');
    const locking = this.#kind === 'postgres' ? query.forShare() : query;
    const { key_fingerprint: fingerprint } = await locking.executeTakeFirstOrThrow();
    const cipher = this.cipherOf(fingerprint);
    if (cipher === undefined) throw new Error('the store has another key now: nothing was written');
    return cipher;
  }
}
