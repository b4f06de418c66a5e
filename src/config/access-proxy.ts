/** `access.proxy`: callers that a trusted proxy has identified, by headers that it alone can set. */
import { isIP } from 'node:net';
import { z } from 'zod';

/** An address, or a network in CIDR notation. */
export const network = z.string().refine((text) => {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  if (version === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}, 'write an address or a network such as 10.0.0.0/8');

const header = z
  .string()
  .regex(/^[A-Za-z0-9-]+$/, 'write a header name such as x-user-id')
  .transform((name) => name.toLowerCase());

export const proxyYaml = z
  .strictObject({
    from: z
      .array(network)
      .min(1)
      .describe('The addresses or networks of the proxy. The headers of others are ignored.'),
    id: header.describe('The header with the caller’s id.'),
    tenant: header.optional().describe('The header with the tenant.'),
    scopes: header.optional().describe('The header with the scopes, separated by spaces or commas.'),
    roles: header.optional().describe('The header with the roles, separated by spaces or commas.'),
  })
  .optional()
  .describe(
    'Identifies callers by the headers of a proxy that has authenticated them. The proxy must replace or remove what clients send in these headers.',
  );

export interface ProxyConfig {
  readonly from: readonly string[];
  /** Header names in lower case. */
  readonly id: string;
  readonly tenant: string | undefined;
  readonly scopes: string | undefined;
  readonly roles: string | undefined;
}

export function resolveProxy(yaml: z.output<typeof proxyYaml>): ProxyConfig | undefined {
  if (yaml === undefined) return undefined;
  const { from, id, tenant, scopes, roles } = yaml;
  return { from, id, tenant, scopes, roles };
}
