/**
 * The public keys of token issuers. A set is fetched when it is first needed, at most once in 10 s for key ids that it does
 * not have, and less and less often while the issuer does not answer. Sets outlive generations.
 */
import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { type AccessConfig, ConfigError, type ConfigProblem, type ResolvedConfig } from '../../config/index.ts';
import { GatewayError, messageOf } from '../../errors/index.ts';
import { readBounded, readTextFile } from '../../lib/index.ts';
import { jose } from '../jose.ts';

type JwksSource = AccessConfig['jwt'][number]['jwks'];

const timeoutMs = 5_000;
/** How long an unknown key id waits after a fetch before it causes another. */
const cooldownMs = 10_000;
const maxAgeMs = 600_000;
const backOffMs = { first: 1_000, longest: 30_000 };
const maxSetBytes = 1_000_000;

/** The texts of the key sets that are files, by path. */
export type KeyFiles = ReadonlyMap<string, string>;

/** @throws ConfigError naming every file that is no key set, with its line */
export async function readKeyFiles({ file, access }: Pick<ResolvedConfig, 'file' | 'access'>): Promise<KeyFiles> {
  const texts = new Map<string, string>();
  const problems: ConfigProblem[] = [];
  for (const { jwks } of access.jwt) {
    if (jwks.kind !== 'file') continue;
    try {
      const text = await readTextFile(jwks.location);
      jose().createLocalJWKSet(JSON.parse(text) as JSONWebKeySet);
      texts.set(jwks.location, text);
    } catch (error) {
      const message = `the file is no JSON Web Key Set: ${messageOf(error)}`;
      problems.push({ path: jwks.place, line: jwks.line, message });
    }
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
  return texts;
}

export class KeySets {
  readonly #remote = new Map<string, JWTVerifyGetKey>();

  of({ kind, location }: JwksSource, files: KeyFiles): JWTVerifyGetKey {
    if (kind === 'file') return jose().createLocalJWKSet(JSON.parse(files.get(location) ?? '{}') as JSONWebKeySet);
    const cached = this.#remote.get(location);
    if (cached !== undefined) return cached;
    const set = jose().createRemoteJWKSet(new URL(location), {
      timeoutDuration: timeoutMs,
      cooldownDuration: cooldownMs,
      cacheMaxAge: maxAgeMs,
      [jose().customFetch]: fetchWithBackOff(),
    });
    this.#remote.set(location, set);
    return set;
  }
}

type FetchKeys = (url: string, options: RequestInit) => Promise<Response>;

/** After a failure, fetches fail at once for a while: an issuer that is down is not asked with every request. */
function fetchWithBackOff(): FetchKeys {
  let failures = 0;
  let resumesAt = 0;
  return async (url, options) => {
    if (performance.now() < resumesAt) throw unavailable('its keys could not be fetched a moment ago');
    try {
      const response = await fetch(url, options);
      if (response.status !== 200) throw new Error(`it answered ${response.status}`);
      const tooLong = () => new Error(`its keys exceed ${maxSetBytes} bytes`);
      const keys = await readBounded(response.body, maxSetBytes, tooLong);
      failures = 0;
      return new Response(new Uint8Array(keys));
    } catch (error) {
      const waitMs = Math.min(backOffMs.first * 2 ** failures, backOffMs.longest);
      failures++;
      resumesAt = performance.now() + waitMs;
      throw unavailable(`its keys cannot be fetched: ${messageOf(error)}`);
    }
  };
}

/** Not the caller's fault: the token may be right. */
function unavailable(detail: string): GatewayError {
  return new GatewayError('AUTHENTICATION_UNAVAILABLE', { detail });
}
