/** Which addresses the server serves, and which proxies in front of it are believed. */
import { z } from 'zod';
import { network } from '../values.ts';

export const networkKeys = {
  allow: z
    .array(network)
    .default([])
    .describe(
      'The addresses and networks that are served, such as `10.0.0.0/8`; others are refused (403, FORBIDDEN). `/health/*` answers everyone. Default: all.',
    ),
  deny: z
    .array(network)
    .default([])
    .describe('Addresses and networks that are refused (403, FORBIDDEN), also where `allow` has them.'),
  trusted_proxies: z
    .array(network.refine((text) => !text.endsWith('/0'), 'this would believe every client; name the proxies'))
    .default([])
    .describe(
      'The proxies in front of the gateway. From them alone, headers say who the client is: its address is the last one, from the right, that is no trusted proxy.',
    ),
  proxy_headers: z
    .enum(['x-forwarded', 'forwarded'])
    .default('x-forwarded')
    .describe(
      'The headers that the trusted proxies write: `x-forwarded` (`x-forwarded-for`, `x-forwarded-proto`), or `forwarded` (RFC 7239). The other form is not read: a proxy hands it on as its client sent it.',
    ),
};

const networkYaml = z.object(networkKeys);

export interface NetworkConfig {
  /** Empty: all. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly proxyHeaders: 'x-forwarded' | 'forwarded';
}

export function resolveNetwork(yaml: z.output<typeof networkYaml>): NetworkConfig {
  const { allow, deny, trusted_proxies: trustedProxies, proxy_headers: proxyHeaders } = yaml;
  return { allow, deny, trustedProxies, proxyHeaders };
}
