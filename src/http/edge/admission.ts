/**
 * Which addresses are served (server.allow, server.deny), and whom a request is from where proxies stand in front
 * (server.trusted_proxies). Decided before anything of a request but its head is read.
 *
 * The client is the last hop, from the gateway outwards, that is no trusted proxy: whatever a client writes into the
 * headers itself stands further out, and is not believed. One of the two forms of these headers is read, since a proxy
 * that writes one hands on the other as its client sent it.
 */
import type { IncomingMessage } from 'node:http';
import { type BlockList, Socket } from 'node:net';
import type { ResolvedConfig } from '../../config/index.ts';
import { GatewayError } from '../../errors/index.ts';
import { isWithin, networks } from '../../lib/index.ts';
import { noteRefusal } from '../request/note-refusal.ts';
import { type ClientOrigin, connectionOf, noteOrigin } from './client-origin.ts';
import { type Hop, hopsOfForwarded, hopsOfXForwarded } from './forwarded-hops.ts';

type ServerConfig = ResolvedConfig['server'];

interface Rules {
  /** Undefined: all. */
  readonly allow: BlockList | undefined;
  readonly deny: BlockList | undefined;
  readonly proxies: BlockList | undefined;
  readonly hopsOf: (headers: IncomingMessage['headers']) => readonly Hop[];
}

/** Probes come from addresses of their own, and learn nothing but whether the gateway serves. */
const openPaths = /^\/health\/(?:live|ready)(?:\?|$)/;

const decided = Symbol('whether it is admitted');

type Decided = IncomingMessage & { [decided]?: GatewayError | 'admitted' };

export class Admission {
  readonly #config: () => ResolvedConfig | undefined;
  #of: ServerConfig | undefined;
  #rules: Rules | undefined;

  constructor(config: () => ResolvedConfig | undefined) {
    this.#config = config;
  }

  /** @returns GatewayError `FORBIDDEN` where it must not be served */
  refusalOf(request: Decided): GatewayError | undefined {
    const server = this.#config()?.server;
    if (server !== this.#of) {
      this.#of = server;
      this.#rules = server && rulesOf(server.network);
    }
    const rules = this.#rules;
    // A request of this process has no address.
    if (rules === undefined || !(request.socket instanceof Socket)) return undefined;
    const earlier = request[decided];
    if (earlier !== undefined) return earlier === 'admitted' ? undefined : earlier;
    const origin = originBehind(rules, request);
    noteOrigin(request, origin);
    const key = openPaths.test(request.url ?? '') ? undefined : refusingKey(rules, origin.address);
    if (key !== undefined) noteRefusal({ raw: request }, { key });
    const refusal = key && new GatewayError('FORBIDDEN', { message: 'Requests from this address are not served.' });
    request[decided] = refusal ?? 'admitted';
    return refusal;
  }
}

/** @returns undefined where nothing is configured: every request is its connection's */
function rulesOf({ allow, deny, trustedProxies, proxyHeaders }: ServerConfig['network']): Rules | undefined {
  const listOf = (list: readonly string[]) => (list.length === 0 ? undefined : networks(list));
  const lists = { allow: listOf(allow), deny: listOf(deny), proxies: listOf(trustedProxies) };
  if (lists.allow === undefined && lists.deny === undefined && lists.proxies === undefined) return undefined;
  return { ...lists, hopsOf: proxyHeaders === 'forwarded' ? hopsOfForwarded : hopsOfXForwarded };
}

function originBehind({ proxies, hopsOf }: Rules, request: IncomingMessage): ClientOrigin {
  const connection = connectionOf(request);
  let { address, isSecure } = connection;
  if (proxies === undefined || !isWithin(proxies, address)) return connection;
  for (const hop of hopsOf(request.headers).toReversed()) {
    if (hop.protocol !== undefined) isSecure = hop.protocol === 'https';
    // Nothing beyond a hop that is hidden can be told apart.
    if (hop.address === undefined) break;
    address = hop.address;
    if (!isWithin(proxies, address)) break;
  }
  return { address, isSecure };
}

/** @returns the key of supergraph.yaml by which it is refused; an address that is not known is within no list */
function refusingKey({ allow, deny }: Rules, address: string): 'server.deny' | 'server.allow' | undefined {
  // A client that has left already has no address any more, and could not be denied by it.
  if (deny !== undefined && (address === '' || isWithin(deny, address))) return 'server.deny';
  return allow === undefined || isWithin(allow, address) ? undefined : 'server.allow';
}
