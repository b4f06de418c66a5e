/**
 * Who may use the admin listener. A web page reaches a listener of its reader's machine, by a cross-site request or by a name
 * that it makes resolve to 127.0.0.1 (DNS rebinding): both are refused by their Origin and Host. On loopback, without any
 * API key of an admin scope, everyone on this machine is let in; else such a key is required.
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { CallerFacts, KeyRing, Principal } from '../access/index.ts';
import { apiKeyOf } from '../access/index.ts';
import { GatewayError } from '../errors/index.ts';
import { isLoopback } from '../lib/index.ts';
import { publishRightsOf } from '../registry/routes/index.ts';
import type { AdminCaller } from './admin-caller.ts';
import { adminScopes, isAdminScope, readScope, writeScope } from './admin-scopes.ts';

/** @throws GatewayError `FORBIDDEN` for a request that a page of another site has made */
export function refusePages(headers: IncomingHttpHeaders, isLocal: boolean): void {
  const { host = '', origin } = headers;
  const site = headers['sec-fetch-site'];
  if (isLocal && !isLoopback(host.replace(/:\d+$/, '')))
    throw new GatewayError('FORBIDDEN', { message: 'The admin listener is addressed as localhost.' });
  const isForeign = origin !== undefined && !(URL.canParse(origin) && new URL(origin).host === host);
  if (isForeign || (site !== undefined && site !== 'same-origin' && site !== 'none'))
    throw new GatewayError('FORBIDDEN', { message: 'Pages of other sites may not use the admin listener.' });
}

/** @throws GatewayError `UNAUTHENTICATED` or `FORBIDDEN` */
export async function identifyOperator(facts: CallerFacts, keys: KeyRing, isLocal: boolean): Promise<AdminCaller> {
  // Gateways of Hive send their key so.
  const hiveKey = facts.headers['x-hive-cdn-key'];
  const text = apiKeyOf(facts.headers) ?? (typeof hiveKey === 'string' ? hiveKey : undefined);
  if (text !== undefined) return operatorOf(await keys.identify(text));
  if (isLocal && !keys.hasScope(isAdminScope))
    return { actor: 'local', mayRead: true, mayWrite: true, publishes: 'all', teams: 'any' };
  const message = `The admin listener requires an API key with one of the scopes ${adminScopes.join(', ')}.`;
  throw new GatewayError('UNAUTHENTICATED', { message });
}

function operatorOf({ id, scopes, roles }: Principal): AdminCaller {
  const mayWrite = scopes.includes(writeScope);
  const mayRead = mayWrite || scopes.includes(readScope);
  const publishes = mayWrite ? 'all' : publishRightsOf(scopes);
  if (mayRead || publishes.length > 0)
    return { actor: id, mayRead, mayWrite, publishes, teams: mayWrite ? 'any' : teamsOf(roles) };
  const message = `This API key has none of the scopes ${adminScopes.join(', ')}.`;
  throw new GatewayError('FORBIDDEN', { message });
}

const teamRole = 'team:';

function teamsOf(roles: readonly string[]): readonly string[] {
  return roles.filter((role) => role.startsWith(teamRole)).map((role) => role.slice(teamRole.length));
}
