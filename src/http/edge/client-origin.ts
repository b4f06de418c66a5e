/** Where a request comes from. One address is its client's everywhere: in the log, for fairness, and for what is admitted. */
import type { IncomingMessage } from 'node:http';
import { plainAddress } from '../../lib/index.ts';

export interface ClientOrigin {
  /** Of the client; behind trusted proxies, what they say it is. Empty where the connection has ended already. */
  readonly address: string;
  /** Whether the client uses HTTPS, here or to a trusted proxy. */
  readonly isSecure: boolean;
}

/** A property of the request, as its event is. */
const origin = Symbol('origin of the client');

type WithOrigin = IncomingMessage & { [origin]?: ClientOrigin };

export function noteOrigin(request: WithOrigin, found: ClientOrigin): void {
  request[origin] = found;
}

export function originOf(request: WithOrigin): ClientOrigin {
  return request[origin] ?? connectionOf(request);
}

/** What the connection itself says. */
export function connectionOf(request: IncomingMessage): ClientOrigin {
  return { address: peerAddressOf(request), isSecure: 'encrypted' in request.socket };
}

export function clientAddressOf(request: WithOrigin): string {
  return request[origin]?.address ?? peerAddressOf(request);
}

/** The address that the connection comes from: the client's, or the nearest proxy's. */
export function peerAddressOf({ socket }: IncomingMessage): string {
  return plainAddress(socket.remoteAddress ?? '');
}
