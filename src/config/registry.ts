/** `registry`: whose generations a gateway follows. */
import { z } from 'zod';
import { defaultVariant, type GraphRef, graphNameRule, parseGraphRef } from './graph-ref.ts';
import { type ChecksConfig, checksYaml, resolveChecks } from './registry-checks.ts';
import { httpUrl } from './values.ts';
import { resolveWebhook, type WebhookConfig, webhookYaml } from './webhook.ts';

const defaultGraph = `main@${defaultVariant}`;

export const registryYaml = z
  .union([
    z.literal(false),
    z
      .strictObject({
        graph: z
          .string()
          .refine(
            (text) => parseGraphRef(text) !== undefined,
            `write a graph and its variant: shop@production; ${graphNameRule}`,
          )
          .default(defaultGraph)
          .describe(
            'The graph and its variant, as `graph@variant`; `shop` is `shop@current`. Once something has been published to it, the subgraphs that are published take the place of those in this file.',
          ),
        url: httpUrl
          .optional()
          .describe('The admin listener of the process that has the registry. Default: the registry is in `store`.'),
        key: z
          .string()
          .optional()
          .describe(
            'An API key of that registry with the scope `admin:read`. A registry on this machine may need none.',
          ),
        public_key: z
          .string()
          .regex(/^[A-Za-z0-9_-]{43}$/, 'a public key has 43 characters: `isthmus registry key` prints it')
          .optional()
          .describe(
            'What that registry’s generations must be signed with; `isthmus registry key` prints it there. Required with `url`.',
          ),
        webhook: webhookYaml('changes').describe(
          'Who is told of each generation that is published to the registry in `store`, with what it changes of the API.',
        ),
        checks: checksYaml,
      })
      .refine(({ url, public_key: publicKey }) => url === undefined || publicKey !== undefined, {
        message:
          'a registry of another process is known by its key: add public_key, which `isthmus registry key` prints there',
        path: ['public_key'],
      })
      .refine(({ url, webhook }) => url === undefined || webhook === undefined, {
        message: 'webhook belongs to the process that has the registry: write it there',
        path: ['webhook'],
      })
      .refine(({ url, key, public_key: publicKey }) => url !== undefined || (key ?? publicKey) === undefined, {
        message: 'key and public_key belong to url: the registry of `store` needs none',
        path: ['url'],
      }),
  ])
  .optional()
  .describe(
    'The registry that is followed; `false` is none. Default: `isthmus serve` follows `main@current` of `store`, where nothing is published until somebody does.',
  );

export interface RegistryConfig {
  /** Whether the configuration says so itself; undefined: it does not say. */
  readonly enabled: boolean | undefined;
  readonly ref: GraphRef;
  readonly checks: ChecksConfig;
  /** Undefined: it is in the store. */
  readonly remote: { readonly url: string; readonly key: string | undefined; readonly publicKey: string } | undefined;
  /** Undefined: nobody is told of what is published. */
  readonly webhook: WebhookConfig | undefined;
}

export function resolveRegistry(yaml: z.output<typeof registryYaml>): RegistryConfig {
  const {
    graph = defaultGraph,
    url,
    key,
    public_key: publicKey,
    webhook,
  } = yaml === false || yaml === undefined ? {} : yaml;
  return {
    enabled: yaml === undefined ? undefined : yaml !== false,
    ref: parseGraphRef(graph) ?? { graph, variant: defaultVariant },
    checks: resolveChecks(yaml === false || yaml === undefined ? checksYaml.parse(undefined) : yaml.checks),
    remote:
      url === undefined || publicKey === undefined ? undefined : { url, key: key === '' ? undefined : key, publicKey },
    webhook: resolveWebhook(webhook),
  };
}
