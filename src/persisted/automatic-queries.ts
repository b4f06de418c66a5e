/** The documents that clients have registered by sending them with their SHA-256 (automatic persisted queries). */
import { hash } from 'node:crypto';
import { type CacheEntry, type CacheStore, DecodedEntries, type Soon } from '../cache/index.ts';

export class AutomaticQueries {
  readonly #store: CacheStore;
  readonly #decoded = new DecodedEntries<{ readonly text: string }>();

  constructor(store: CacheStore) {
    this.#store = store;
  }

  /** @param sha256 in hexadecimal */
  find(sha256: string): Soon<string | undefined> {
    const read = (entry: CacheEntry | undefined) =>
      entry === undefined ? undefined : this.#decode(sha256, entry.value);
    const entry = this.#store.get(keyOf(sha256));
    return entry instanceof Promise ? entry.then(read) : read(entry);
  }

  /** @returns whether the hash is that of the text; only then is it stored */
  add(sha256: string, text: string): boolean {
    if (hash('sha256', text, 'hex') !== sha256) return false;
    void this.#store.set(keyOf(sha256), text);
    return true;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #decode(sha256: string, bytes: Buffer): string | undefined {
    const decoded = this.#decoded.find(sha256, bytes);
    if (decoded !== undefined) return decoded.text;
    const text = bytes.toString('utf8');
    // A store that several gateways share may hold anything.
    if (hash('sha256', text, 'hex') !== sha256) return undefined;
    this.#decoded.add(sha256, bytes, { text });
    return text;
  }
}

function keyOf(sha256: string): string {
  return `document:${sha256}`;
}
