/**
 * A WebSocket upgrade is answered with what is missing: Node would serve it as the plain GET that it also is, and the
 * client would read of a missing query. Other upgrades (h2c) are offers, and are passed over.
 */
import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors/index.ts';

export function refuseWebSocket({ headers }: IncomingMessage, graphqlPath: string): GatewayError | undefined {
  const { upgrade } = headers;
  if (upgrade === undefined || !/(?:^|,)\s*websocket\s*(?:,|$)/i.test(upgrade)) return undefined;
  const message = `WebSocket connections are not served: there are no subscriptions yet. Send queries and mutations by POST to ${graphqlPath}, and read streams of models by HTTP from /v1.`;
  return new GatewayError('BAD_REQUEST', { message });
}
