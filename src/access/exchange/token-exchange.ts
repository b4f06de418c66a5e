/**
 * Tokens of callers, exchanged for ones of a subgraph's audience: cached until they expire, asked for once where several wait.
 * A caller that no token has identified has none there. Where there should be one and is not, nothing is sent in its place.
 */
import { LRUCache } from 'lru-cache';
import { GatewayError, messageOf } from '../../errors/index.ts';
import { SingleFlight } from '../../lib/index.ts';
import { subjectTokenOf } from '../identify/subject-tokens.ts';
import type { Principal } from '../principal.ts';
import { type ExchangeConfig, requestToken } from './request-token.ts';

export interface TokenExchange {
  readonly header: 'authorization';
  /**
   * @returns what the header says; undefined: the caller has no token
   * @throws GatewayError `TOKEN_EXCHANGE_FAILED`
   */
  of(principal: Principal, subgraph: string): string | undefined | Promise<string>;
}

const maxTokens = 10_000;
/** How long a failure is remembered: an authorization server that is down is not asked for every request. */
const failureMs = 1_000;
/** A token is not sent when it could expire on its way: the last tenth of its life, at most so long. */
const marginMs = 10_000;

interface CachedToken {
  readonly token: string;
  readonly usedUntil: number;
}

/** For one subgraph. */
export function createTokenExchange(config: ExchangeConfig): TokenExchange {
  /** By the hash of the caller's token. */
  const tokens = new LRUCache<string, CachedToken>({ max: maxTokens });
  const failures = new LRUCache<string, string>({ max: maxTokens, ttl: failureMs });
  const requests = new SingleFlight<string>();

  async function exchange(hash: string, subjectToken: string, service: string): Promise<string> {
    try {
      const { token, expiresAt } = await requestToken(config, subjectToken);
      const margin = Math.min(marginMs, (expiresAt - Date.now()) / 10);
      tokens.set(hash, { token, usedUntil: expiresAt - margin });
      return `Bearer ${token}`;
    } catch (error) {
      const reason = messageOf(error);
      failures.set(hash, reason);
      throw failed(service, reason);
    }
  }

  return {
    header: 'authorization',
    of(principal, subgraph) {
      const subject = subjectTokenOf(principal);
      if (subject === undefined) return undefined;
      const { token, hash } = subject;
      const cached = tokens.get(hash);
      if (cached !== undefined && Date.now() < cached.usedUntil) return `Bearer ${cached.token}`;
      const failure = failures.get(hash);
      if (failure !== undefined) throw failed(subgraph, failure);
      return requests.run(hash, () => exchange(hash, token, subgraph));
    },
  };
}

function failed(service: string, reason: string): GatewayError {
  return new GatewayError('TOKEN_EXCHANGE_FAILED', { service, detail: `the authorization server: ${reason}` });
}
