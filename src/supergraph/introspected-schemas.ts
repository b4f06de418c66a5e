/**
 * The subgraphs whose SDL is introspected (`schema.subgraph_url`). The last SDL of each is stored, the subgraph is
 * introspected again every `poll`, and a changed hash is reported. A subgraph that goes down logs one line, and one more
 * when it is back.
 */
import type { ResolvedConfig, SubgraphTlsConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { stableHash } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import type { SubgraphSource } from './composition.ts';
import { introspectSdl } from './introspect-sdl.ts';
import { type ReadSourcesOptions, reasonOf } from './read-sources.ts';
import type { SdlStore } from './sdl-store.ts';

export interface IntrospectedSchemasOptions {
  readonly store: SdlStore;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Called when a subgraph's SDL differs from the one read before. */
  readonly onChange: (name: string) => void;
}

interface IntrospectedSubgraph {
  readonly name: string;
  readonly url: string;
  readonly pollMs: number | undefined;
  readonly tls: SubgraphTlsConfig | undefined;
}

const pollTimeoutMs = 5_000;

export class IntrospectedSchemas {
  readonly #options: IntrospectedSchemasOptions;
  /** The hash of the last SDL of each subgraph, whether or not it composed. */
  readonly #hashes = new Map<string, string>();
  readonly #down = new Set<string>();
  #timers: NodeJS.Timeout[] = [];
  #storing = true;

  constructor(options: IntrospectedSchemasOptions) {
    this.#options = options;
  }

  /** Options for reading sources that use the stored SDLs. */
  get reading(): ReadSourcesOptions {
    const { store, signal } = this.#options;
    return {
      signal,
      find: async (name, url) => {
        const sdl = await store.find(name, url);
        if (sdl !== undefined && !this.#hashes.has(name)) this.#hashes.set(name, stableHash(sdl));
        return sdl;
      },
      onIntrospected: (name, answer) => {
        if ('sdl' in answer) this.#succeeded(name, answer.sdl);
        else this.#failed(name, answer.reason);
      },
    };
  }

  /** Stores the SDLs of a generation once it has been composed. */
  async store(config: ResolvedConfig, sources: ReadonlyMap<string, SubgraphSource>): Promise<void> {
    for (const { name, url } of introspectedSubgraphs(config)) {
      const sdl = sources.get(name)?.sdl;
      if (sdl === undefined) continue;
      try {
        await this.#options.store.store({ name, url, sdl });
      } catch (error) {
        if (this.#storing)
          this.#options.log.warn({ reason: messageOf(error) }, 'introspected schemas cannot be stored on disk');
        this.#storing = false;
      }
    }
  }

  /** Polls the subgraphs of this configuration, and stops polling those of an earlier one. */
  poll(config: ResolvedConfig): void {
    this.stop();
    for (const subgraph of introspectedSubgraphs(config)) {
      if (subgraph.pollMs !== undefined) this.#schedulePolls(subgraph, subgraph.pollMs);
    }
  }

  /** Whether the last introspection of the subgraph failed. */
  isDown(name: string): boolean {
    return this.#down.has(name);
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers = [];
  }

  #schedulePolls(subgraph: IntrospectedSubgraph, pollMs: number): void {
    const timers = this.#timers;
    const index = timers.length;
    const scheduleNext = (): void => {
      timers[index] = setTimeout(async () => {
        await this.#introspect(subgraph);
        if (timers === this.#timers && !this.#options.signal.aborted) scheduleNext();
      }, pollMs).unref();
    };
    scheduleNext();
  }

  async #introspect({ name, url, tls }: IntrospectedSubgraph): Promise<void> {
    const { signal, onChange } = this.#options;
    try {
      const sdl = await introspectSdl(name, url, { timeoutMs: pollTimeoutMs, signal, tls });
      const before = this.#hashes.get(name);
      this.#succeeded(name, sdl);
      if (before !== this.#hashes.get(name)) onChange(name);
    } catch (error) {
      if (!signal.aborted) this.#failed(name, reasonOf(error));
    }
  }

  #succeeded(name: string, sdl: string): void {
    this.#hashes.set(name, stableHash(sdl));
    if (this.#down.delete(name)) this.#options.log.info({ subgraph: name }, 'a subgraph can be introspected again');
  }

  #failed(name: string, reason: string): void {
    if (this.#down.has(name)) return;
    this.#down.add(name);
    const message = 'a subgraph cannot be introspected; its last schema is used if there is one';
    this.#options.log.warn({ subgraph: name, reason }, message);
  }
}

function introspectedSubgraphs({ subgraphs, traffic }: ResolvedConfig): IntrospectedSubgraph[] {
  return subgraphs.flatMap(({ name, schema }) =>
    schema.kind === 'introspection'
      ? [{ name, url: schema.url, pollMs: schema.pollMs, tls: traffic.subgraphs[name]?.tls }]
      : [],
  );
}
