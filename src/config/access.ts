/** `access`: who asks, and what they may read. */
import { z } from 'zod';
import { type PolicyConfig, policiesYaml, resolvePolicies } from './access-policies.ts';
import type { YamlPath } from './read-yaml.ts';

/** Who a caller without credentials is. */
const anonymousYaml = z
  .strictObject({
    id: z.string().min(1).default('anonymous').describe('The id of callers without credentials.'),
    tenant: z.string().min(1).default('public').describe('The tenant of callers without credentials.'),
    scopes: z.array(z.string().min(1)).default([]).describe('The scopes of callers without credentials.'),
    roles: z.array(z.string().min(1)).default([]).describe('The roles of callers without credentials.'),
  })
  .prefault({});

export const accessYaml = z
  .strictObject({
    mode: z
      .enum(['filter', 'reject', 'audit'])
      .default('filter')
      .describe(
        'What happens to an operation with fields that its caller may not read (`@authenticated`, `@requiresScopes`, `@policy`). `filter`: these fields are null with an error, the rest is served. `reject`: nothing runs (403). `audit`: nothing changes, and the log names each such field.',
      ),
    denials: z
      .enum(['errors', 'extensions', 'off'])
      .default('errors')
      .describe(
        'Where a client reads which fields were denied: among the `errors`, under `extensions.authorizationErrors`, or nowhere.',
      ),
    anonymous: anonymousYaml,
    policies: policiesYaml,
  })
  .prefault({});

export interface AccessConfig {
  readonly mode: 'filter' | 'reject' | 'audit';
  readonly denials: 'errors' | 'extensions' | 'off';
  readonly anonymous: {
    readonly id: string;
    readonly tenant: string;
    readonly scopes: readonly string[];
    readonly roles: readonly string[];
  };
  readonly policies: readonly PolicyConfig[];
}

export function resolveAccess(
  { mode, denials, anonymous, policies }: z.output<typeof accessYaml>,
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): AccessConfig {
  return { mode, denials, anonymous, policies: resolvePolicies(policies, at, lineOf) };
}
