/** Who a request is from: the first configured way that finds credentials of its kind in the request decides. */
import type { X509Certificate } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { AccessConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { Principal } from '../principal.ts';

/** What a request is identified by. */
export interface CallerFacts {
  readonly headers: IncomingHttpHeaders;
  /** The address that the connection comes from: of a proxy, where there is one. */
  readonly address: string;
  /** What the client proved to hold in the TLS handshake, verified; undefined: nothing. */
  readonly certificate?: X509Certificate | undefined;
  /** For the log; undefined: it is about no request. */
  readonly requestId?: string | undefined;
}

/**
 * One way to identify callers.
 * @returns undefined for a request without credentials of this kind; a promise only where something is looked up
 * @throws GatewayError `UNAUTHENTICATED` for credentials that are wrong, expired or revoked, with the reason for the log
 */
export type Identifier = (facts: CallerFacts) => Principal | undefined | Promise<Principal | undefined>;

export interface Authenticator {
  /**
   * @returns a promise only where credentials have to be looked up elsewhere
   * @throws GatewayError `UNAUTHENTICATED` for wrong credentials, and for none where they are required
   */
  identify(facts: CallerFacts): Principal | Promise<Principal>;
}

export interface AuthenticatorOptions {
  readonly config: Pick<AccessConfig, 'anonymous' | 'onError' | 'requireAuthentication'>;
  /** In the order in which they are tried. */
  readonly identifiers: readonly Identifier[];
  readonly log: Logger;
}

export function createAuthenticator({ config, identifiers, log }: AuthenticatorOptions): Authenticator {
  const anonymous: Principal = Object.freeze({ ...config.anonymous, kind: 'anonymous', claims: {} });
  const [first] = identifiers;
  if (first === undefined) return { identify: () => anonymous };

  function withoutCredentials(): Principal {
    if (config.requireAuthentication) throw new GatewayError('UNAUTHENTICATED');
    return anonymous;
  }

  function refused(error: unknown, { requestId }: CallerFacts): Principal {
    if (!(error instanceof GatewayError) || error.code !== 'UNAUTHENTICATED') throw error;
    log.info({ requestId, reason: error.detail ?? error.message }, 'the credentials of a request were refused');
    if (config.onError === 'anonymous') return withoutCredentials();
    throw error;
  }

  async function identifyLater(
    pending: Promise<Principal | undefined>,
    facts: CallerFacts,
    next: number,
  ): Promise<Principal> {
    try {
      const principal = await pending;
      if (principal !== undefined) return principal;
    } catch (error) {
      return refused(error, facts);
    }
    return identifyFrom(facts, next);
  }

  function identifyFrom(facts: CallerFacts, start: number): Principal | Promise<Principal> {
    try {
      for (let index = start; index < identifiers.length; index++) {
        const principal = identifiers[index]?.(facts);
        if (principal instanceof Promise) return identifyLater(principal, facts, index + 1);
        if (principal !== undefined) return principal;
      }
    } catch (error) {
      return refused(error, facts);
    }
    return withoutCredentials();
  }

  return { identify: (facts) => identifyFrom(facts, 0) };
}
