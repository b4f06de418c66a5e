/** Who a request is from: the first of the configured ways that finds credentials in it decides. */
import type { IncomingHttpHeaders } from 'node:http';
import type { AccessConfig } from '../../config/index.ts';
import type { Principal } from '../principal.ts';

/** What a request is identified by. */
export interface CallerFacts {
  readonly headers: IncomingHttpHeaders;
  /** The address that the connection comes from. */
  readonly address: string;
}

export interface Authenticator {
  /**
   * @returns a promise only where credentials have to be looked up elsewhere
   * @throws GatewayError `UNAUTHENTICATED` for wrong or expired credentials
   */
  identify(facts: CallerFacts): Principal | Promise<Principal>;
}

export function createAuthenticator({ anonymous }: AccessConfig): Authenticator {
  const principal: Principal = Object.freeze({ ...anonymous, kind: 'anonymous', claims: {} });
  return { identify: () => principal };
}
