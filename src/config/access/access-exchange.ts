/** `access.to_subgraphs.exchange`: the callers' tokens, exchanged for ones of a subgraph's own audience (RFC 8693). */
import { z } from 'zod';
import { parseDuration } from '../units.ts';
import { durationOr, httpUrl } from '../values.ts';

const exchangeYaml = z.strictObject({
  url: httpUrl.describe('The token endpoint of the authorization server.'),
  client_id: z.string().min(1).describe('The id that the gateway has there.'),
  client_secret: z.string().min(1).describe('Its secret.'),
  audience: z.string().min(1).describe('The audience that the subgraph expects; a token for another is not sent.'),
  scope: z.string().min(1).optional().describe('The scopes of the token, separated by spaces. Default: the server’s.'),
  resource: httpUrl.optional().describe('The URL of the subgraph, where the server asks for it.'),
  timeout: durationOr('2s', 'How long the authorization server may take.'),
});

export const exchangesYaml = z
  .record(z.string(), exchangeYaml)
  .default({})
  .describe(
    'By subgraph: the caller’s token is exchanged (RFC 8693) for one that the subgraph is sent as `authorization: Bearer`. What a client sends in that header does not reach it.',
  );

export interface ExchangeConfig {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly audience: string;
  readonly scope: string | undefined;
  readonly resource: string | undefined;
  readonly timeoutMs: number;
}

/** By subgraph. */
export function resolveExchanges(yaml: z.output<typeof exchangesYaml>): Readonly<Record<string, ExchangeConfig>> {
  const exchanges = Object.entries(yaml).map(([subgraph, exchange]): [string, ExchangeConfig] => {
    const { url, client_id: clientId, client_secret: clientSecret, audience, scope, resource, timeout } = exchange;
    return [
      subgraph,
      { url, clientId, clientSecret, audience, scope, resource, timeoutMs: parseDuration(timeout) ?? 0 },
    ];
  });
  return Object.fromEntries(exchanges);
}
