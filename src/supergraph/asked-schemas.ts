/**
 * The subgraphs that are asked for their SDL (`schema.subgraph_url`): what they last gave is stored, they are asked
 * again every `poll`, and what has changed, by hash, is told. One that is down costs one line when it goes and one when
 * it is back.
 */
import type { ResolvedConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { stableHash } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import type { SubgraphSource } from './composition.ts';
import { introspectSdl } from './introspect-sdl.ts';
import { type ReadSourcesOptions, reasonOf } from './read-sources.ts';
import type { SdlStore } from './sdl-store.ts';

export interface AskedSchemasOptions {
  readonly store: SdlStore;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** A subgraph gives another SDL than when it was last read. */
  readonly onChange: (name: string) => void;
}

interface Asked {
  readonly name: string;
  readonly url: string;
  readonly pollMs: number | undefined;
}

const pollTimeoutMs = 5_000;

export class AskedSchemas {
  readonly #options: AskedSchemasOptions;
  /** The hash of what each gave last, whether or not it composed. */
  readonly #hashes = new Map<string, string>();
  readonly #down = new Set<string>();
  #timers: NodeJS.Timeout[] = [];
  #storing = true;

  constructor(options: AskedSchemasOptions) {
    this.#options = options;
  }

  /** How sources are read with what is stored. */
  get reading(): ReadSourcesOptions {
    const { store, signal } = this.#options;
    return {
      signal,
      find: async (name, url) => {
        const sdl = await store.find(name, url);
        if (sdl !== undefined && !this.#hashes.has(name)) this.#hashes.set(name, stableHash(sdl));
        return sdl;
      },
      onAsked: (name, answer) => {
        if ('sdl' in answer) this.#answered(name, answer.sdl);
        else this.#failed(name, answer.reason);
      },
    };
  }

  /** Stores the SDL of a generation that has been composed. */
  async store(config: ResolvedConfig, sources: ReadonlyMap<string, SubgraphSource>): Promise<void> {
    for (const { name, url } of askedOf(config)) {
      const sdl = sources.get(name)?.sdl;
      if (sdl === undefined) continue;
      try {
        await this.#options.store.store({ name, url, sdl });
      } catch (error) {
        if (this.#storing)
          this.#options.log.warn({ reason: messageOf(error) }, 'the schemas subgraphs gave cannot be stored on disk');
        this.#storing = false;
      }
    }
  }

  /** Polls what this configuration asks, and nothing else any more. */
  poll(config: ResolvedConfig): void {
    this.stop();
    for (const asked of askedOf(config)) {
      if (asked.pollMs !== undefined) this.#pollLater(asked, asked.pollMs);
    }
  }

  /** Whether it did not give its schema when it was last asked. */
  isDown(name: string): boolean {
    return this.#down.has(name);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  #pollLater(asked: Asked, pollMs: number): void {
    const timers = this.#timers;
    const index = timers.length;
    const again = (): void => {
      timers[index] = setTimeout(async () => {
        await this.#ask(asked);
        if (timers === this.#timers && !this.#options.signal.aborted) again();
      }, pollMs).unref();
    };
    again();
  }

  async #ask({ name, url }: Asked): Promise<void> {
    const { signal, onChange } = this.#options;
    try {
      const sdl = await introspectSdl(name, url, { timeoutMs: pollTimeoutMs, signal });
      const before = this.#hashes.get(name);
      this.#answered(name, sdl);
      if (before !== this.#hashes.get(name)) onChange(name);
    } catch (error) {
      if (!signal.aborted) this.#failed(name, reasonOf(error));
    }
  }

  #answered(name: string, sdl: string): void {
    this.#hashes.set(name, stableHash(sdl));
    if (this.#down.delete(name)) this.#options.log.info({ subgraph: name }, 'a subgraph gives its schema again');
  }

  #failed(name: string, reason: string): void {
    if (this.#down.has(name)) return;
    this.#down.add(name);
    const message = 'a subgraph does not give its schema; the last one it gave is used where there is one';
    this.#options.log.warn({ subgraph: name, reason }, message);
  }
}

function askedOf({ subgraphs }: ResolvedConfig): Asked[] {
  return subgraphs.flatMap(({ name, schema }) =>
    schema.kind === 'introspection' ? [{ name, url: schema.url, pollMs: schema.pollMs }] : [],
  );
}
