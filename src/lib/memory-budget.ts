/**
 * Caches that share one bound on the memory they retain. The least recently used entry of all of them is evicted first,
 * so that memory goes to the caches in use, and a flood of one kind of entry does not add to that of another.
 *
 * The callers declare the sizes of their entries; an object that several entries share is counted once.
 */

/** An object that other entries, of this cache or another, may share. */
export interface SharedPart {
  readonly object: object;
  readonly bytes: number;
}

export interface BudgetedCache<Value> {
  readonly size: number;
  /** Finds a value and marks it as most recently used. */
  get(key: string): Value | undefined;
  /** @param bytes the size of the entry without its key and its shared parts */
  set(key: string, value: Value, bytes: number, shared?: readonly SharedPart[]): void;
  /** Changes the size of an entry; ignored if it has been evicted. */
  grow(key: string, bytes: number, shared?: readonly SharedPart[]): void;
  entries(): IterableIterator<readonly [key: string, value: Value]>;
}

/** A group of caches that are closed together. */
export interface CacheGroup {
  /** The size of all caches of the budget, those of other groups included. */
  readonly bytes: number;
  cache<Value>(): BudgetedCache<Value>;
  clear(): void;
}

interface Entry<Value = unknown> {
  readonly key: string;
  readonly value: Value;
  readonly entries: Map<string, Entry<Value>>;
  bytes: number;
  shared: SharedPart[];
  older: Entry | undefined;
  newer: Entry | undefined;
}

/** A map's slot, the entry itself with its list of parts, and the header of its key. */
const entryBytes = 250;

export class MemoryBudget {
  #maxBytes: number;
  #bytes = 0;
  #oldest: Entry | undefined;
  #newest: Entry | undefined;
  readonly #holders = new Map<object, number>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The size of all entries together. */
  get bytes(): number {
    return this.#bytes;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict();
  }

  group(): CacheGroup {
    const caches: Map<string, Entry>[] = [];
    const bytes = (): number => this.#bytes;
    return {
      get bytes() {
        return bytes();
      },
      cache: <Value>() => {
        const entries = new Map<string, Entry<Value>>();
        caches.push(entries as Map<string, Entry>);
        return this.#cacheOver(entries);
      },
      clear: () => {
        for (const entries of caches) for (const entry of entries.values()) this.#remove(entry);
      },
    };
  }

  #cacheOver<Value>(entries: Map<string, Entry<Value>>): BudgetedCache<Value> {
    return {
      get size() {
        return entries.size;
      },
      get: (key) => {
        const entry = entries.get(key);
        if (entry === undefined) return undefined;
        if (entry !== this.#newest) {
          this.#unlink(entry);
          this.#link(entry);
        }
        return entry.value;
      },
      set: (key, value, bytes, shared = []) => {
        const previous = entries.get(key);
        if (previous !== undefined) this.#remove(previous);
        const overheadBytes = entryBytes + key.length * 2;
        const entry: Entry<Value> = {
          key,
          value,
          entries,
          bytes: overheadBytes,
          shared: [],
          older: undefined,
          newer: undefined,
        };
        entries.set(key, entry);
        this.#link(entry);
        this.#bytes += overheadBytes;
        this.#grow(entry, bytes, shared);
      },
      grow: (key, bytes, shared = []) => {
        const entry = entries.get(key);
        if (entry !== undefined) this.#grow(entry, bytes, shared);
      },
      *entries() {
        for (const [key, { value }] of entries) yield [key, value] as const;
      },
    };
  }

  #grow(entry: Entry, bytes: number, shared: readonly SharedPart[]): void {
    entry.bytes += bytes;
    this.#bytes += bytes;
    for (const part of shared) {
      if (entry.shared.some(({ object }) => object === part.object)) continue;
      entry.shared.push(part);
      const holders = this.#holders.get(part.object) ?? 0;
      this.#holders.set(part.object, holders + 1);
      if (holders === 0) this.#bytes += part.bytes;
    }
    this.#evict();
  }

  /** The last entry is evicted too if it alone exceeds the bound. */
  #evict(): void {
    while (this.#bytes > this.#maxBytes && this.#oldest !== undefined) this.#remove(this.#oldest);
  }

  #remove(entry: Entry): void {
    entry.entries.delete(entry.key);
    this.#unlink(entry);
    this.#bytes -= entry.bytes;
    for (const { object, bytes } of entry.shared) {
      const holders = (this.#holders.get(object) ?? 1) - 1;
      if (holders > 0) this.#holders.set(object, holders);
      else {
        this.#holders.delete(object);
        this.#bytes -= bytes;
      }
    }
  }

  #link(entry: Entry): void {
    entry.older = this.#newest;
    entry.newer = undefined;
    if (this.#newest !== undefined) this.#newest.newer = entry;
    this.#newest = entry;
    this.#oldest ??= entry;
  }

  #unlink(entry: Entry): void {
    if (entry.older === undefined) this.#oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) this.#newest = entry.older;
    else entry.newer.older = entry.older;
    entry.older = undefined;
    entry.newer = undefined;
  }
}
