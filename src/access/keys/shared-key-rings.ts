/** API keys outlive generations: a reload that does not change `store` goes on with the same ones. */
import type { ResolvedConfig } from '../../config/index.ts';
import { SharedLeases, stableHash } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { Signals } from '../../signals/index.ts';
import type { Identifier } from '../identify/authenticator.ts';
import { apiKeyIdentifier } from './api-key-of.ts';
import { KeyRing } from './key-ring.ts';

export interface KeyRingLease {
  readonly identify: Identifier;
  release(): Promise<void>;
}

export class SharedKeyRings {
  readonly #log: Logger;
  readonly #signals: Signals;
  /** By the hash of `store`. */
  readonly #rings = new SharedLeases<KeyRing>((ring) => ring.close());

  /** @param signals by which a main thread tells of changes */
  constructor(log: Logger, signals: Signals) {
    this.#log = log;
    this.#signals = signals;
  }

  /**
   * @returns undefined where callers have no API keys: then nothing of the store is loaded
   * @throws ConfigError where the store cannot be opened
   */
  async acquire(config: Pick<ResolvedConfig, 'access' | 'store' | 'file'>): Promise<KeyRingLease | undefined> {
    if (!config.access.apiKeys) return undefined;
    const { value, release } = await this.#rings.acquire(stableHash(config.store), () => this.#open(config));
    return { identify: apiKeyIdentifier(value), release };
  }

  async #open({ store: config, file }: Pick<ResolvedConfig, 'store' | 'file'>): Promise<KeyRing> {
    const { openStore } = await import('../../store/index.ts');
    const store = await openStore({ config, configFile: file, log: this.#log, isServing: true });
    return KeyRing.open({ store, log: this.#log, teller: { signals: this.#signals, store: stableHash(config) } });
  }
}
