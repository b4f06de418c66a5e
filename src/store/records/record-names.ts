/**
 * Who records are about: people, tenants and clients. A row has a keyed hash of each to be searched by, and what they are called
 * encrypted, in the row itself: names are gone with the rows that have them. The keys are derived from the store's.
 */
import { createHmac } from 'node:crypto';
import { createTextCipher, type TextCipher } from '../../lib/index.ts';

/** Both have 32 bytes. They can be sent to a thread. */
export interface RecordKeys {
  readonly encryption: Uint8Array;
  readonly hashing: Uint8Array;
}

export type NamedPart = 'principal' | 'tenant' | 'client' | 'usage';

const hashLength = 22;
/** So many of each are remembered; then the memory is emptied. */
const maxRemembered = 20_000;

export class RecordNames {
  readonly #cipher: TextCipher;
  readonly #hashKey: Uint8Array;
  readonly #hashes = new Map<string, string>();
  readonly #sealed = new Map<string, string>();

  constructor({ encryption, hashing }: RecordKeys) {
    this.#cipher = createTextCipher(encryption);
    this.#hashKey = hashing;
  }

  hashOf(part: NamedPart, name: string): string {
    const value = `${part} ${name}`;
    const cached = this.#hashes.get(value);
    if (cached !== undefined) return cached;
    const digest = createHmac('sha256', this.#hashKey).update(value).digest('base64url').slice(0, hashLength);
    remember(this.#hashes, value, digest);
    return digest;
  }

  /** The same for the same text, as long as it is remembered: who asks again is not encrypted again. */
  sealNames(text: string): string {
    const cached = this.#sealed.get(text);
    if (cached !== undefined) return cached;
    const sealed = this.#cipher.encrypt(text, 'records.names');
    remember(this.#sealed, text, sealed);
    return sealed;
  }

  openNames(sealed: string): string {
    return this.#cipher.decrypt(sealed, 'records.names');
  }

  sealTexts(text: string): string {
    return this.#cipher.encrypt(text, 'records.texts');
  }

  openTexts(sealed: string): string {
    return this.#cipher.decrypt(sealed, 'records.texts');
  }
}

function remember(memory: Map<string, string>, key: string, value: string): void {
  if (memory.size >= maxRemembered) memory.clear();
  memory.set(key, value);
}
