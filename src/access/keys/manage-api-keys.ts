/** What is done with API keys: created, rotated, revoked. The command and the admin graph do it through here. */
import type { Store, StoredApiKey } from '../../store/index.ts';
import { apiKeyHashing, hashApiKey, newApiKey } from './api-key.ts';

/** What is said about a key when it is created. */
export interface ApiKeyRights {
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  /** The models that it may call on /v1; undefined: all. */
  readonly models: readonly string[] | undefined;
  /** In milliseconds since 1970; undefined: never. */
  readonly expiresAt: number | undefined;
}

/** A key as its owner and operators see it. */
export type ApiKey = Omit<StoredApiKey, 'hash'> & { readonly state: ApiKeyState };

export type ApiKeyState = 'active' | 'replaced' | 'expired' | 'revoked';

export interface CreatedApiKey extends ApiKey {
  /** The whole key. It is not stored: whoever loses it makes another one. */
  readonly key: string;
}

/** The change cannot be made: its message says why. */
export class ApiKeyError extends Error {
  override readonly name = 'ApiKeyError';
}

export class ApiKeys {
  readonly #store: Store;
  readonly #hashKey: Buffer;
  readonly #actor: string;

  /** @param actor who makes the changes, as the audit log is to say it */
  constructor(store: Store, actor: string) {
    this.#store = store;
    this.#hashKey = store.deriveKey(apiKeyHashing);
    this.#actor = actor;
  }

  /** The newest first. */
  async list(): Promise<readonly ApiKey[]> {
    return (await this.#store.apiKeys.list()).map((key) => describe(key));
  }

  async create(rights: ApiKeyRights): Promise<CreatedApiKey> {
    if (rights.name.trim() === '') throw new ApiKeyError('a key has a name');
    const { key, stored } = this.#generate(rights);
    await this.#change('keys.create', stored.id, (current) => {
      if (current !== undefined) throw new ApiKeyError('two keys had the same id; try again');
      return [stored];
    });
    return { ...describe(stored), key };
  }

  /** It ends everywhere within two seconds. */
  async revoke(id: string): Promise<ApiKey> {
    const [revoked] = await this.#change('keys.revoke', id, (current) => {
      const key = existing(current, id);
      if (key.revokedAt !== undefined) throw new ApiKeyError(`the key ${id} is already revoked`);
      return [{ ...key, revokedAt: Date.now() }];
    });
    return describe(existing(revoked, id));
  }

  /**
   * Makes another key of the same rights, and of as long a life.
   * @param overlapMs how long the previous one stays valid
   */
  async rotate(id: string, overlapMs: number): Promise<CreatedApiKey> {
    let created: { readonly key: string; readonly stored: StoredApiKey } | undefined;
    await this.#change('keys.rotate', id, (current) => {
      const previous = existing(current, id);
      const { state } = describe(previous);
      if (state !== 'active') throw new ApiKeyError(`the key ${id} is ${state}: only an active one is rotated`);
      const now = Date.now();
      const { createdAt, expiresAt } = previous;
      created = this.#generate({ ...previous, expiresAt: expiresAt && now + (expiresAt - createdAt) });
      const endsAt = Math.min(now + overlapMs, expiresAt ?? Number.POSITIVE_INFINITY);
      return [{ ...previous, replacedBy: created.stored.id, expiresAt: endsAt }, created.stored];
    });
    if (created === undefined) throw new ApiKeyError('the key was not rotated');
    return { ...describe(created.stored), key: created.key };
  }

  #generate({ name, tenant, scopes, roles, models, expiresAt }: ApiKeyRights) {
    const { id, text } = newApiKey();
    const hash = hashApiKey(text, this.#hashKey).toString('base64url');
    const rights = { name, tenant, scopes, roles, models, expiresAt };
    const neverYet = { lastUsedAt: undefined, revokedAt: undefined, replacedBy: undefined };
    return { key: text, stored: { id, hash, ...rights, createdAt: Date.now(), ...neverYet } };
  }

  #change(
    action: string,
    id: string,
    decide: (current: StoredApiKey | undefined) => readonly StoredApiKey[],
  ): Promise<readonly StoredApiKey[]> {
    return this.#store.apiKeys.change({ actor: this.#actor, action, at: Date.now(), id, decide });
  }
}

function existing(key: StoredApiKey | undefined, id: string): StoredApiKey {
  if (key === undefined) throw new ApiKeyError(`there is no key ${id}; \`isthmus keys list\` lists them`);
  return key;
}

function describe({ hash: _, ...key }: StoredApiKey): ApiKey {
  return { ...key, state: stateOf(key) };
}

function stateOf({ revokedAt, expiresAt, replacedBy }: Omit<StoredApiKey, 'hash'>): ApiKeyState {
  if (revokedAt !== undefined) return 'revoked';
  if (expiresAt !== undefined && expiresAt <= Date.now()) return 'expired';
  return replacedBy === undefined ? 'active' : 'replaced';
}
