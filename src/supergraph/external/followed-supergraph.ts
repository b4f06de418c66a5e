/**
 * The supergraph of another registry while a gateway runs: its URL is asked again every `poll`, and a change is reported.
 * What has served is stored on disk, and is served again where the registry is down at a start, or has a supergraph that is
 * refused. A registry that goes down logs one line, and one more when it is back.
 */
import type { ResolvedConfig, SupergraphSource } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { SdlStore } from '../sdl-store.ts';
import type { ReadExternalOptions } from './read-external-supergraph.ts';
import { originOf, readSupergraphText, type SupergraphText, unavailableError } from './read-supergraph-text.ts';

export interface FollowedSupergraphOptions {
  readonly store: SdlStore;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Called when the registry has another supergraph than the one read before. */
  readonly onChange: () => void;
}

/** Of the first, and of each further request. */
const readTimeoutMs = 10_000;
const pollTimeoutMs = 5_000;

type HttpSource = Extract<SupergraphSource, { readonly kind: 'http' }>;

export class FollowedSupergraph {
  readonly #options: FollowedSupergraphOptions;
  /** The last that was read, whether or not it is served. */
  #known: { readonly url: string; readonly text: SupergraphText } | undefined;
  #isDown = false;
  /** What was given to be served, last. */
  #external: string | undefined;
  #hasServed = false;
  #storing = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FollowedSupergraphOptions) {
    this.#options = options;
  }

  /** Whether the registry did not answer when it was last asked. */
  get isDown(): boolean {
    return this.#isDown;
  }

  /** Options for reading the supergraph that use what is known of it. */
  get reading(): ReadExternalOptions {
    const { signal, log, store } = this.#options;
    return {
      signal,
      readExternal: async (source) => {
        this.#external = await this.#read(source);
        return this.#external;
      },
      insteadOf: async (source, error) => {
        // Once something has served, it goes on serving.
        if (this.#hasServed || source.kind !== 'http') return undefined;
        const stored = await store.find(storeName, source.url);
        if (stored !== undefined)
          log.error(
            { origin: originOf(source) },
            `the supergraph is refused; the last good one serves\n${error.message}`,
          );
        if (stored !== undefined) this.#external = stored;
        return stored;
      },
    };
  }

  /** Stores what was given last, which serves. */
  async store({ supergraph }: ResolvedConfig): Promise<void> {
    this.#hasServed = true;
    const sdl = this.#external;
    if (supergraph?.source.kind !== 'http' || sdl === undefined) return;
    try {
      await this.#options.store.store({ name: storeName, url: supergraph.source.url, sdl });
    } catch (error) {
      if (this.#storing)
        this.#options.log.warn({ reason: messageOf(error) }, 'the supergraph cannot be stored on disk');
      this.#storing = false;
    }
  }

  /** Polls the registry of this configuration, and stops polling that of an earlier one. */
  poll({ supergraph }: ResolvedConfig): void {
    this.stop();
    const source = supergraph?.source;
    if (source?.kind === 'http' && source.pollMs !== undefined) this.#schedule(source, source.pollMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(source: HttpSource, pollMs: number): void {
    const timer = setTimeout(async () => {
      await this.#ask(source);
      if (timer === this.#timer && !this.#options.signal.aborted) this.#schedule(source, pollMs);
    }, pollMs).unref();
    this.#timer = timer;
  }

  async #ask(source: HttpSource): Promise<void> {
    const { signal, onChange, log } = this.#options;
    const before = this.#knownOf(source)?.sdl;
    try {
      const { sdl } = await this.#fetch(source, pollTimeoutMs);
      if (sdl === before) return;
      log.info({ origin: originOf(source) }, 'the registry has another supergraph');
      onChange();
    } catch (error) {
      if (!signal.aborted) this.#failed(source, error);
    }
  }

  async #read(source: SupergraphSource): Promise<string> {
    const { signal, store } = this.#options;
    try {
      if (source.kind !== 'http') return (await readSupergraphText(source, { timeoutMs: readTimeoutMs, signal })).sdl;
      return (await this.#fetch(source, readTimeoutMs)).sdl;
    } catch (error) {
      signal.throwIfAborted();
      if (source.kind !== 'http') throw unavailableError(source, error);
      this.#failed(source, error);
      const sdl = this.#knownOf(source)?.sdl ?? (await store.find(storeName, source.url));
      if (sdl === undefined) throw unavailableError(source, error);
      if (this.#knownOf(source) === undefined) this.#known = { url: source.url, text: { sdl, etag: undefined } };
      return sdl;
    }
  }

  #knownOf({ url }: HttpSource): SupergraphText | undefined {
    return this.#known?.url === url ? this.#known.text : undefined;
  }

  async #fetch(source: HttpSource, timeoutMs: number): Promise<SupergraphText> {
    const { signal, log } = this.#options;
    const text = await readSupergraphText(source, { timeoutMs, signal, known: this.#knownOf(source) });
    this.#known = { url: source.url, text };
    if (this.#isDown) log.info({ origin: originOf(source) }, 'the registry of the supergraph answers again');
    this.#isDown = false;
    return text;
  }

  #failed(source: HttpSource, error: unknown): void {
    if (this.#isDown) return;
    this.#isDown = true;
    this.#options.log.warn(
      { origin: originOf(source), reason: messageOf(error) },
      'the registry of the supergraph cannot be read; its last good one is used if there is one',
    );
  }
}

/** Beside the SDLs of subgraphs, by the same kind of name. */
const storeName = 'supergraph';
