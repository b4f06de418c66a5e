/**
 * Invalidates what mutations change. Where the store cannot be reached, the tags are tried again until it can, so that what it still
 * has of before is answered for a moment at the most. A mutation waits no longer for it than one command may take.
 */
import type { CacheStore } from '../cache/index.ts';
import type { Logger } from '../observability/index.ts';

export interface InvalidationsOptions {
  readonly store: CacheStore;
  readonly log: Logger;
  /** @default 100 */
  readonly retryMs?: number;
  /** How many tags are tried again; of more, everything that is cached is removed instead. @default 10_000 */
  readonly maxTags?: number;
}

export class Invalidations {
  readonly #store: CacheStore;
  readonly #log: Logger;
  readonly #retryMs: number;
  readonly #maxTags: number;
  readonly #pending = new Set<string>();
  #removesAll = false;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ store, log, retryMs = 100, maxTags = 10_000 }: InvalidationsOptions) {
    this.#store = store;
    this.#log = log;
    this.#retryMs = retryMs;
    this.#maxTags = maxTags;
  }

  /** Never rejects. */
  async invalidate(tags: readonly string[]): Promise<void> {
    const failed = await this.#try(tags);
    if (failed.length === 0) return;
    if (this.#pending.size === 0 && !this.#removesAll)
      this.#log.warn(
        { tags: failed.slice(0, 10) },
        'a cache cannot be reached: what a mutation changed is invalidated once it can',
      );
    for (const tag of failed) this.#pending.add(tag);
    if (this.#pending.size > this.#maxTags) {
      this.#removesAll = true;
      this.#pending.clear();
    }
    this.#retryLater();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  /** @returns those that could not be invalidated */
  async #try(tags: readonly string[]): Promise<readonly string[]> {
    const outcomes = await Promise.all(tags.map((tag) => this.#store.invalidate(tag)));
    return tags.filter((_, index) => outcomes[index] !== true);
  }

  #retryLater(): void {
    if (this.#isClosed || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#retry(), this.#retryMs).unref();
  }

  async #retry(): Promise<void> {
    const isDone = this.#removesAll ? await this.#store.purge() : await this.#retryTags();
    this.#timer = undefined;
    if (!isDone) return this.#retryLater();
    this.#removesAll = false;
    if (this.#pending.size > 0) return this.#retryLater(); // added meanwhile
    this.#log.info({}, 'what mutations changed while a cache could not be reached is invalidated');
  }

  /** @returns whether all of them are invalidated */
  async #retryTags(): Promise<boolean> {
    const tags = [...this.#pending];
    // The first shows whether the store can be reached.
    const [first] = tags;
    if (first !== undefined && (await this.#try([first])).length > 0) return false;
    const failed = new Set(await this.#try(tags));
    for (const tag of tags) if (!failed.has(tag)) this.#pending.delete(tag);
    return failed.size === 0;
  }
}
