/**
 * Trusted documents and registered ones outlive generations: a reload that does not change where they come from goes on with
 * the same ones, and new documents need no reload.
 */
import type { CacheStore } from '../cache/index.ts';
import type { CacheStoreConfig, ResolvedConfig } from '../config/index.ts';
import { FollowedFiles, SharedLeases, stableHash } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import { AutomaticQueries } from './automatic-queries.ts';
import { PersistedOperations } from './persisted-operations.ts';
import { documentsReader, sourceProblem } from './read-trusted-documents.ts';
import { TrustedDocuments } from './trusted-documents.ts';

export interface PersistedLease {
  readonly operations: PersistedOperations;
  release(): Promise<void>;
}

/** Opens the store of registered documents. */
type OpenStore = (config: CacheStoreConfig, log: Logger) => CacheStore;

export class SharedDocuments {
  readonly #log: Logger;
  readonly #openStore: OpenStore;
  readonly #trusted = new SharedLeases<FollowedFiles<TrustedDocuments>>((documents) => documents.close());
  readonly #automatic = new SharedLeases<AutomaticQueries>((queries) => queries.close());

  constructor(log: Logger, openStore: OpenStore) {
    this.#log = log;
    this.#openStore = openStore;
  }

  /**
   * @returns undefined where clients send whole documents, and all are served
   * @throws ConfigError naming a source that cannot be used
   */
  async acquire(resolved: ResolvedConfig): Promise<PersistedLease | undefined> {
    const {
      file,
      persistedOperations: config,
      cache: { store },
    } = resolved;
    const { automatic, documents, maxBytes, pollMs } = config;
    if (!automatic && documents.length === 0) return undefined;
    const trusted =
      documents.length === 0
        ? undefined
        : await this.#trusted.acquire(stableHash({ file, documents, pollMs }), () => this.#follow(resolved));
    const queries = automatic
      ? await this.#automatic.acquire(
          stableHash({ store, maxBytes }),
          async () => new AutomaticQueries(this.#openStore({ store, maxBytes }, this.#log)),
        )
      : undefined;
    return {
      operations: new PersistedOperations({
        config,
        trusted: trusted?.value,
        automatic: queries?.value,
        log: this.#log,
      }),
      release: async () => {
        await Promise.all([trusted?.release(), queries?.release()]);
      },
    };
  }

  async #follow(config: ResolvedConfig): Promise<FollowedFiles<TrustedDocuments>> {
    const log = this.#log;
    const reader = documentsReader(config, log);
    const read = async () => new TrustedDocuments(await reader.read());
    try {
      const followed = await FollowedFiles.open({
        read,
        everyMs: config.persistedOperations.pollMs,
        onReplaced: ({ all }) => log.info({ documents: all.length }, 'the trusted documents were replaced'),
        onRefused: (reason) =>
          log.error({ reason }, 'the trusted documents were not replaced; the previous ones are served'),
      });
      reader.onlyFresh();
      return followed;
    } catch (error) {
      throw sourceProblem(config.file, error);
    }
  }
}
