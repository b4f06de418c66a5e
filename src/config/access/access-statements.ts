/** `access.to_subgraphs`: whether subgraphs are sent a signed statement of who asks, and how it is signed. */
import { z } from 'zod';
import { unforwardableHeaders } from '../network/header-rules.ts';
import { exchangesYaml } from './access-exchange.ts';

const statementsYaml = z.strictObject({
  issuer: z.string().min(1).default('isthmus').describe('The issuer (`iss`) that subgraphs expect.'),
  header: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/, 'write a header name such as isthmus-principal')
    .transform((name) => name.toLowerCase())
    .refine((name) => !unforwardableHeaders.has(name), 'this header belongs to one connection or to the gateway')
    .default('isthmus-principal')
    .describe('The header with the statement. What a client sends in it reaches no subgraph.'),
  key: z
    .string()
    .min(32, 'write at least 32 random characters, such as the output of `openssl rand -base64 32`')
    .optional()
    .describe(
      'A secret from which the signing keys are derived: gateways with the same secret sign with the same keys. Default: a random one for each process.',
    ),
});

const toSubgraphsObject = statementsYaml.extend({
  statement: z.boolean().default(true).describe('Whether the statement is sent; `false` leaves `exchange` alone.'),
  exchange: exchangesYaml,
});

export const toSubgraphsYaml = z
  .union([z.boolean(), toSubgraphsObject])
  .default(false)
  .describe(
    'Whether each request to a subgraph carries a signed statement of its caller (a JWT), verified by the keys at `/.well-known/jwks.json`.',
  );

export interface StatementsConfig {
  readonly issuer: string;
  /** In lower case. */
  readonly header: string;
  readonly key: string | undefined;
}

export function resolveStatements(yaml: z.output<typeof toSubgraphsYaml>): StatementsConfig | undefined {
  if (yaml === false || (yaml !== true && !yaml.statement)) return undefined;
  const { issuer, header, key } = yaml === true ? statementsYaml.parse({}) : yaml;
  return { issuer, header, key };
}
