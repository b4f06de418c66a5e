/** `access`: who asks, and what they may read. */
import { z } from 'zod';
import type { YamlPath } from '../read-yaml.ts';
import { type ContractConfig, contractsYaml, resolveContracts } from './access-contracts.ts';
import { type ExchangeConfig, resolveExchanges } from './access-exchange.ts';
import { type CertificateHolder, mtlsYaml, resolveMtls } from './access-mtls.ts';
import { type PolicyConfig, policiesYaml, resolvePolicies } from './access-policies.ts';
import { type ProxyConfig, proxyYaml, resolveProxy } from './access-proxy.ts';
import { resolveStatements, type StatementsConfig, toSubgraphsYaml } from './access-statements.ts';
import {
  type ClaimNames,
  claimsYaml,
  type IntrospectionConfig,
  introspectionYaml,
  type JwtConfig,
  jwtsYaml,
  resolveClaims,
  resolveIntrospection,
  resolveJwts,
} from './access-tokens.ts';

/** The ways of identifying callers, in their default order. */
export const identifierNames = ['api_keys', 'jwt', 'introspection', 'proxy', 'mtls'] as const;

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
    require_authentication: z
      .boolean()
      .default(false)
      .describe('Whether requests without credentials are refused (401) instead of being anonymous.'),
    on_error: z
      .enum(['reject', 'anonymous'])
      .default('reject')
      .describe('What a request with wrong or expired credentials is: refused (401), or anonymous.'),
    api_keys: z
      .boolean()
      .default(false)
      .describe(
        'Whether callers may identify themselves with API keys of `isthmus keys create`, in `x-api-key` or `authorization: Bearer`.',
      ),
    jwt: jwtsYaml,
    claims: claimsYaml,
    introspection: introspectionYaml,
    proxy: proxyYaml,
    mtls: mtlsYaml,
    order: z
      .array(z.enum(identifierNames))
      .min(1)
      .refine((names) => new Set(names).size === names.length, 'name each once')
      .default([...identifierNames])
      .describe(
        'The order in which the configured ways of identifying a caller are tried; one that is not listed is off.',
      ),
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
    explain: z
      .enum(['scope', 'everyone', 'off'])
      .default('scope')
      .describe(
        'Who may ask which fields are denied and by which rules, with the request header `isthmus-explain: access`. `scope`: callers with the scope `access:explain`, and in the mode `audit` everyone.',
      ),
    anonymous: anonymousYaml,
    policies: policiesYaml,
    mask_key: z
      .string()
      .min(32, 'write at least 32 random characters, such as the output of `openssl rand -base64 32`')
      .optional()
      .describe(
        'A secret that the hashes of `@mask(as: "hash")` are keyed with: with the same one, gateways show the same hashes. Default: `store.key` where it is configured, else a random one for each process.',
      ),
    contracts: contractsYaml,
    visible_schema: z
      .enum(['filtered', 'full'])
      .default('filtered')
      .describe(
        'What introspection and the suggestions of error messages show of a schema with access rules: `filtered`, what the caller may use, or `full`.',
      ),
    to_subgraphs: toSubgraphsYaml,
  })
  .prefault({});

export interface AccessConfig {
  readonly requireAuthentication: boolean;
  readonly onError: 'reject' | 'anonymous';
  readonly apiKeys: boolean;
  readonly jwt: readonly JwtConfig[];
  readonly claims: ClaimNames;
  readonly introspection: IntrospectionConfig | undefined;
  readonly proxy: ProxyConfig | undefined;
  /** In the order in which they are tried. */
  readonly mtls: readonly CertificateHolder[];
  readonly order: readonly (typeof identifierNames)[number][];
  readonly mode: 'filter' | 'reject' | 'audit';
  readonly denials: 'errors' | 'extensions' | 'off';
  readonly explain: 'scope' | 'everyone' | 'off';
  readonly anonymous: {
    readonly id: string;
    readonly tenant: string;
    readonly scopes: readonly string[];
    readonly roles: readonly string[];
  };
  readonly policies: readonly PolicyConfig[];
  /** What hashes of masked fields are keyed with; undefined: `store.key`, or a key of the process. */
  readonly maskKey: string | undefined;
  /** In the order in which they are tried. */
  readonly contracts: readonly ContractConfig[];
  /** What introspection and suggestions show of a schema with access rules. */
  readonly visibleSchema: 'filtered' | 'full';
  /** Undefined: subgraphs are sent no statement. */
  readonly toSubgraphs: StatementsConfig | undefined;
  /** How tokens are exchanged, by subgraph. */
  readonly exchanges: Readonly<Record<string, ExchangeConfig>>;
}

export function resolveAccess(
  yaml: z.output<typeof accessYaml>,
  at: (path: string) => string,
  lineOf: (path: YamlPath) => number | undefined,
): AccessConfig {
  const { mode, denials, explain, anonymous, order } = yaml;
  return {
    requireAuthentication: yaml.require_authentication,
    onError: yaml.on_error,
    apiKeys: yaml.api_keys,
    jwt: resolveJwts(yaml.jwt, at, lineOf),
    claims: resolveClaims(yaml.claims),
    introspection: resolveIntrospection(yaml.introspection),
    proxy: resolveProxy(yaml.proxy),
    mtls: resolveMtls(yaml.mtls),
    order,
    mode,
    denials,
    explain,
    anonymous,
    maskKey: yaml.mask_key,
    policies: resolvePolicies(yaml.policies, at, lineOf),
    contracts: resolveContracts(yaml.contracts, lineOf),
    visibleSchema: yaml.visible_schema,
    toSubgraphs: resolveStatements(yaml.to_subgraphs),
    exchanges: typeof yaml.to_subgraphs === 'boolean' ? {} : resolveExchanges(yaml.to_subgraphs.exchange),
  };
}
