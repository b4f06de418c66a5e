/**
 * Caches that share one bound on the memory they retain: a segmented LRU (SLRU) over all of them, so that memory goes to
 * the caches in use. Entries that have not been used since they were stored share an eighth of the bound (at least 1 MB),
 * so that a flood of operations that are each requested once neither fills the rest nor evicts what is in use. An entry
 * that was evicted unused and is stored again counts as used.
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
  segment: Segment;
  older: Entry | undefined;
  newer: Entry | undefined;
}

/** A shared part with the number of its entries, counted in one segment: in `used` once one of its entries is there. */
interface HeldPart {
  readonly bytes: number;
  holders: number;
  segment: Segment;
}

/** Entries in order of use, with their size. */
class Segment {
  bytes = 0;
  oldest: Entry | undefined;
  newest: Entry | undefined;

  link(entry: Entry): void {
    entry.segment = this;
    entry.older = this.newest;
    entry.newer = undefined;
    if (this.newest !== undefined) this.newest.newer = entry;
    this.newest = entry;
    this.oldest ??= entry;
  }

  unlink(entry: Entry): void {
    if (entry.older === undefined) this.oldest = entry.newer;
    else entry.older.newer = entry.newer;
    if (entry.newer === undefined) this.newest = entry.older;
    else entry.newer.older = entry.older;
    entry.older = undefined;
    entry.newer = undefined;
  }
}

/** A map's slot, the entry itself with its list of parts, and the header of its key. */
const entryBytes = 250;
const unusedShare = 1 / 8;
const leastUnusedBytes = 1_000_000;
/** How many entries that were evicted unused are remembered, by a hash of 32 bits each. */
const maxRemembered = 20_000;

export class MemoryBudget {
  #maxBytes: number;
  readonly #used = new Segment();
  readonly #unused = new Segment();
  readonly #parts = new Map<object, HeldPart>();
  readonly #remembered = new Set<number>();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The size of all entries together. */
  get bytes(): number {
    return this.#used.bytes + this.#unused.bytes;
  }

  resize(maxBytes: number): void {
    this.#maxBytes = maxBytes;
    this.#evict();
  }

  group(): CacheGroup {
    const caches: Map<string, Entry>[] = [];
    const bytes = (): number => this.bytes;
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
        if (entry !== this.#used.newest) this.#touch(entry);
        return entry.value;
      },
      set: (key, value, bytes, shared = []) => {
        const previous = entries.get(key);
        if (previous !== undefined) this.#remove(previous);
        const segment = previous?.segment === this.#used || this.#isRemembered(key) ? this.#used : this.#unused;
        const neighbours = { older: undefined, newer: undefined };
        const entry: Entry<Value> = { key, value, entries, bytes: 0, shared: [], segment, ...neighbours };
        entries.set(key, entry);
        segment.link(entry);
        this.#grow(entry, entryBytes + key.length * 2 + bytes, shared);
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
    entry.segment.bytes += bytes;
    for (const part of shared) {
      if (entry.shared.some(({ object }) => object === part.object)) continue;
      entry.shared.push(part);
      this.#hold(part, entry.segment);
    }
    this.#evict();
  }

  #hold({ object, bytes }: SharedPart, segment: Segment): void {
    const held = this.#parts.get(object);
    if (held === undefined) {
      this.#parts.set(object, { bytes, holders: 1, segment });
      segment.bytes += bytes;
      return;
    }
    held.holders++;
    if (segment === this.#used) moveTo(segment, held);
  }

  /** Marks an entry as most recently used. */
  #touch(entry: Entry): void {
    entry.segment.unlink(entry);
    if (entry.segment === this.#used) this.#used.link(entry);
    else {
      this.#move(entry, this.#used);
      this.#evict();
    }
  }

  /** Links an entry that is in no list, with its size and its parts. */
  #move(entry: Entry, segment: Segment): void {
    entry.segment.bytes -= entry.bytes;
    segment.bytes += entry.bytes;
    segment.link(entry);
    for (const { object } of entry.shared) {
      const held = this.#parts.get(object);
      if (held !== undefined && (segment === this.#used || held.holders === 1)) moveTo(segment, held);
    }
  }

  /** A single entry above the limit is evicted too. */
  #evict(): void {
    const maxUnused = Math.max(this.#maxBytes * unusedShare, leastUnusedBytes);
    while (this.#used.oldest !== undefined && this.#used.bytes > this.#maxBytes - Math.min(maxUnused, this.#maxBytes)) {
      const { oldest } = this.#used;
      this.#used.unlink(oldest);
      this.#move(oldest, this.#unused);
    }
    while (this.#unused.oldest !== undefined) {
      if (this.#unused.bytes <= maxUnused && this.bytes <= this.#maxBytes) break;
      const { oldest } = this.#unused;
      this.#remember(oldest.key);
      this.#remove(oldest);
    }
  }

  #remove(entry: Entry): void {
    entry.entries.delete(entry.key);
    entry.segment.unlink(entry);
    entry.segment.bytes -= entry.bytes;
    for (const { object } of entry.shared) {
      const held = this.#parts.get(object);
      if (held === undefined || --held.holders > 0) continue;
      this.#parts.delete(object);
      held.segment.bytes -= held.bytes;
    }
  }

  #remember(key: string): void {
    this.#remembered.add(hashOf(key));
    if (this.#remembered.size <= maxRemembered) return;
    for (const first of this.#remembered) {
      this.#remembered.delete(first);
      return;
    }
  }

  #isRemembered(key: string): boolean {
    return this.#remembered.size > 0 && this.#remembered.delete(hashOf(key));
  }
}

function moveTo(segment: Segment, held: HeldPart): void {
  held.segment.bytes -= held.bytes;
  segment.bytes += held.bytes;
  held.segment = segment;
}

/** FNV-1a. Two keys with one hash only make an entry count as used. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  return hash;
}
