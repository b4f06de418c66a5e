import type { BlockList } from 'node:net';
import type { Principal } from '../../access/principal.ts';
import type { RateConfig, RateSubject } from '../../config/index.ts';
import { clientNetwork, isWithin, networks, unreachable } from '../../lib/index.ts';
import { clientNameOf } from '../client-limits.ts';

/** Whose request it is, as far as rates look at it. */
export interface RatedClient {
  /** Of the client; empty where a request has no connection. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Undefined: not known yet. */
  readonly principal: Principal | undefined;
}

/** @returns undefined where there is none: a rate for it does not count this request */
export function rateSubjectOf(subject: RateSubject, client: RatedClient): string | undefined {
  const { address, headers, principal } = client;
  switch (subject) {
    case 'organization':
      return '';
    case 'ip':
      return address === '' ? undefined : clientNetwork(address);
    case 'client':
      return clientNameOf({ clientHeaders: headers });
    case 'tenant':
      return principal?.tenant;
    case 'team':
      return typeof principal?.claims.team === 'string' ? principal.claims.team : undefined;
    case 'key':
    case 'user':
      return principal?.kind === subject ? `${principal.tenant} ${principal.id}` : undefined;
    default:
      return unreachable(subject);
  }
}

/** Whether a request counts, by the `match` of a rate. */
export function createMatcher({ match }: RateConfig): (client: RatedClient) => boolean {
  const { ip, ...subjects } = match;
  const within: BlockList | undefined = ip === undefined ? undefined : networks([ip]);
  const values = Object.entries(subjects) as (readonly [RateSubject, string])[];
  if (within === undefined && values.length === 0) return () => true;
  return (client) => {
    if (within !== undefined && !isWithin(within, client.address)) return false;
    return values.every(([subject, value]) => isValue(subject, value, client));
  };
}

function isValue(subject: RateSubject, value: string, client: RatedClient): boolean {
  if (subject !== 'key' && subject !== 'user') return rateSubjectOf(subject, client) === value;
  return client.principal?.kind === subject && client.principal.id === value;
}
