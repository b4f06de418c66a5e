/** `admin`: where the admin listener listens, apart from what clients call. */
import { z } from 'zod';
import { isLoopback } from '../../lib/index.ts';

const defaults = { host: '127.0.0.1', port: 4400 } as const;

export const adminYaml = z
  .union([
    z.literal(false),
    z.strictObject({
      host: z
        .string()
        .min(1)
        .optional()
        .describe(
          'The address of the admin listener. Default: 127.0.0.1. One that is not of this machine alone requires an API key with the scope `admin:read` or `admin:write`.',
        ),
      port: z
        .number()
        .int()
        .min(0)
        .max(65_535)
        .optional()
        .describe('The port of the admin listener; 0 selects a free port. Default: 4400.'),
      tls: z
        .boolean()
        .optional()
        .describe(
          'Whether the admin listener speaks HTTPS, with the certificate of `server.tls`; it asks for no client certificates. Default: where there is one, and others than this machine reach the listener.',
        ),
    }),
  ])
  .optional()
  .describe(
    'The admin listener, which serves `/admin/graphql`; `false` is none. Default: on 127.0.0.1:4400 where `access.api_keys` is on, else none.',
  );

export interface AdminConfig {
  readonly host: string;
  readonly port: number;
  /** Whether it speaks HTTPS, with the server's certificate. */
  readonly tls: boolean;
  /** Whether the configuration names it: then the start fails where it cannot listen. */
  readonly isExplicit: boolean;
}

/** @returns undefined: there is none */
export function resolveAdmin(
  yaml: z.output<typeof adminYaml>,
  { hasApiKeys, hasTls }: { readonly hasApiKeys: boolean; readonly hasTls: boolean },
): AdminConfig | undefined {
  if (yaml === false) return undefined;
  if (yaml === undefined) return hasApiKeys ? { ...defaults, tls: false, isExplicit: false } : undefined;
  const { host = defaults.host, port = defaults.port, tls = hasTls && !isLoopback(host) } = yaml;
  return { host, port, tls, isExplicit: true };
}
