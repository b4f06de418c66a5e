/**
 * Trusted documents and registered ones outlive generations: a reload that does not change where they come from goes on with
 * the same ones, and new documents need no reload.
 */
import type { CacheStore } from '../cache/index.ts';
import { type CacheStoreConfig, ConfigError, type ResolvedConfig } from '../config/index.ts';
import { FollowedFiles, SharedLeases, stableHash } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import { AutomaticQueries } from './automatic-queries.ts';
import { ManifestCopies } from './manifest-copies.ts';
import { PersistedOperations } from './persisted-operations.ts';
import { readDocuments, SourceError } from './read-documents.ts';
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
  async acquire({
    file,
    persistedOperations: config,
    cache: { store },
  }: ResolvedConfig): Promise<PersistedLease | undefined> {
    const { automatic, documents, maxBytes, pollMs } = config;
    if (!automatic && documents.length === 0) return undefined;
    const trusted =
      documents.length === 0
        ? undefined
        : await this.#trusted.acquire(stableHash({ file, documents, pollMs }), () => this.#follow(file, config));
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

  async #follow(
    file: string,
    { documents: sources, pollMs }: ResolvedConfig['persistedOperations'],
  ): Promise<FollowedFiles<TrustedDocuments>> {
    const log = this.#log;
    const copies = new ManifestCopies({
      configFile: file,
      onUnstored: (reason) => log.warn({ reason }, 'manifests of trusted documents cannot be stored on disk'),
    });
    let onCopyUsed: ((url: string, reason: string) => void) | undefined = (url, reason) =>
      log.warn(
        { host: new URL(url).host, reason },
        'a manifest of trusted documents cannot be fetched; the last one is used',
      );
    const read = async () => new TrustedDocuments(await readDocuments(sources, { copies, onCopyUsed }));
    try {
      const followed = await FollowedFiles.open({
        read,
        everyMs: pollMs,
        onReplaced: ({ all }) => log.info({ documents: all.length }, 'the trusted documents were replaced'),
        onRefused: (reason) =>
          log.error({ reason }, 'the trusted documents were not replaced; the previous ones are served'),
      });
      onCopyUsed = undefined;
      return followed;
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
      const { place: path, line } = error.source;
      throw new ConfigError(file, [{ path, line, message: error.message }]);
    }
  }
}
