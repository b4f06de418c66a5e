/** API keys outlive generations: a reload that does not change `store` goes on with the same ones. */
import type { ResolvedConfig } from '../../config/index.ts';
import { stableHash } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { Identifier } from '../identify/authenticator.ts';
import { apiKeyIdentifier } from './api-key-of.ts';
import { KeyRing } from './key-ring.ts';

export interface KeyRingLease {
  readonly identify: Identifier;
  release(): Promise<void>;
}

interface SharedRing {
  readonly ring: Promise<KeyRing>;
  users: number;
}

export class SharedKeyRings {
  readonly #log: Logger;
  /** By the hash of `store`. */
  readonly #rings = new Map<string, SharedRing>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /**
   * @returns undefined where callers have no API keys: then nothing of the store is loaded
   * @throws ConfigError where the store cannot be opened
   */
  async acquire(config: Pick<ResolvedConfig, 'access' | 'store' | 'file'>): Promise<KeyRingLease | undefined> {
    if (!config.access.apiKeys) return undefined;
    const key = stableHash(config.store);
    const shared = this.#rings.get(key) ?? { ring: this.#open(config), users: 0 };
    this.#rings.set(key, shared);
    shared.users++;
    const leave = (): boolean => {
      shared.users--;
      if (shared.users > 0) return false;
      if (this.#rings.get(key) === shared) this.#rings.delete(key);
      return true;
    };
    try {
      const ring = await shared.ring;
      return {
        identify: apiKeyIdentifier(ring),
        async release() {
          if (leave()) await ring.close();
        },
      };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async #open({ store: config, file }: Pick<ResolvedConfig, 'store' | 'file'>): Promise<KeyRing> {
    const { openStore } = await import('../../store/index.ts');
    const store = await openStore({ config, configFile: file, log: this.#log, isServing: true });
    return KeyRing.open({ store, log: this.#log });
  }
}
