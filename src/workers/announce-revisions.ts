/**
 * Looks for changes of the store's tables in the main thread, once a second for all workers, and tells them: API keys that
 * were created or revoked, increases of budgets. While the store does not answer nothing is told, and workers look
 * themselves.
 */
import type { ResolvedConfig } from '../config/index.ts';
import { stableHash } from '../lib/index.ts';
import type { Logger } from '../observability/index.ts';
import { publishRevisions, revisionPollMs, type Signals } from '../signals/index.ts';
import type { Store } from '../store/index.ts';

export interface RevisionAnnouncerOptions {
  readonly signals: Signals;
  readonly log: Logger;
}

export class RevisionAnnouncer {
  readonly #options: RevisionAnnouncerOptions;
  #config: Pick<ResolvedConfig, 'store' | 'file'> | undefined;
  /** By the hash of `store`, as workers know it. */
  #name: string | undefined;
  #store: Store | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: RevisionAnnouncerOptions) {
    this.#options = options;
  }

  /** Looks into the store of this configuration from now on, where something of it is followed. */
  follow({ access, ai, store, file }: ResolvedConfig): void {
    const isFollowed = access.apiKeys || ai.budgets.length > 0;
    this.#config = isFollowed ? { store, file } : undefined;
    if (isFollowed) this.#lookLater();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
    await this.#store?.close();
  }

  #lookLater(): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking = this.#look().then(() => this.#lookLater());
    }, revisionPollMs);
    this.#timer.unref();
  }

  /** Never rejects: workers tell in the log what they cannot read. */
  async #look(): Promise<void> {
    const { signals } = this.#options;
    const config = this.#config;
    const name = config && stableHash(config.store);
    try {
      if (name !== this.#name) {
        const store = this.#store;
        this.#store = undefined;
        this.#name = name;
        await store?.close();
      }
      if (config === undefined || name === undefined) return;
      this.#store ??= await this.#open(config);
      publishRevisions({ signals, store: name }, await this.#store.revisions());
    } catch {
      // The next look tries again.
    }
  }

  async #open({ store: config, file }: Pick<ResolvedConfig, 'store' | 'file'>): Promise<Store> {
    const { openStore } = await import('../store/index.ts');
    return openStore({ config, configFile: file, log: this.#options.log, isServing: true });
  }
}
