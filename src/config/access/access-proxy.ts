/** `access.proxy`: callers that a trusted proxy has identified, by headers that it alone can set. */
import { z } from 'zod';
import { network } from '../values.ts';

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
