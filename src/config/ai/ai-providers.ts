/** `ai.providers`: the model providers. */
import { z } from 'zod';
import type { HttpClient } from '../network/traffic.ts';
import { httpUrlOf } from '../values.ts';

/** How a request field that a target does not support is handled. */
export type UnsupportedFields = 'adapt' | 'drop' | 'refuse';

export type ProviderConfig =
  | {
      readonly kind: 'openai';
      readonly name: string;
      /** `{model}` in it is replaced by the model id (Azure’s deployments). */
      readonly baseUrl: string;
      /** Used in turn. Empty: no key is sent. */
      readonly keys: readonly string[];
      readonly auth: 'bearer' | 'api-key';
      readonly apiVersion: string | undefined;
      readonly wire: 'chat' | 'responses';
      readonly priceAs: string | undefined;
      readonly unsupported: UnsupportedFields;
      readonly client: HttpClient;
    }
  | {
      readonly kind: 'ai-sdk';
      readonly name: string;
      /** The npm package, such as `@ai-sdk/anthropic`. */
      readonly package: string;
      readonly keys: readonly string[];
      readonly baseUrl: string | undefined;
      /** Passed to the package’s factory unchanged. */
      readonly settings: Readonly<Record<string, unknown>>;
      readonly priceAs: string | undefined;
      readonly unsupported: UnsupportedFields;
      readonly client: HttpClient;
    }
  | { readonly kind: 'local'; readonly name: string };

/** `{model}` stands for a model's id. */
const providerUrl = httpUrlOf((text) => text.replaceAll('{model}', 'model'));

const keys = {
  api_key: z
    .string()
    .optional()
    .describe('The API key. Empty: the provider’s targets are skipped. Omitted: the endpoint needs no key.'),
  api_keys: z.array(z.string()).min(1).optional().describe('Several keys, used in turn; empty keys are ignored.'),
  price_as: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The provider whose prices apply, by its id in genai-prices. Default: derived from the URL, name or package.',
    ),
  client: z
    .enum(['lean', 'undici'])
    .default('lean')
    .describe('What sends requests: the gateway’s own HTTP/1.1 client, or undici.'),
  unsupported: z
    .enum(['adapt', 'drop', 'refuse'])
    .default('adapt')
    .describe(
      'How request fields that a target does not support are handled. `adapt`: fields without effect on the answer are removed, other values are changed to the nearest supported one. `drop`: settings such as `seed` are removed too. `refuse`: the call is refused. The header `isthmus-adapted` and the record list the changes.',
    ),
};
const hasOneKeyForm = (value: { api_key?: string | undefined; api_keys?: readonly string[] | undefined }) =>
  value.api_key === undefined || value.api_keys === undefined;

export const providerYaml = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z
        .literal('openai')
        .describe('`openai`: OpenAI’s wire format. `ai-sdk`: any AI SDK package. `local`: the built-in models.'),
      base_url: providerUrl
        .default('https://api.openai.com/v1')
        .describe('The endpoint; any that implements OpenAI’s API. `{model}` is replaced by the model id.'),
      ...keys,
      auth: z
        .enum(['bearer', 'api-key'])
        .default('bearer')
        .describe('The header that carries the key: `bearer` is `authorization`; Azure uses `api-key`.'),
      api_version: z.string().min(1).optional().describe('Azure’s `api-version` query parameter.'),
      wire: z
        .enum(['chat', 'responses'])
        .default('chat')
        .describe('The API that is called: chat completions or responses.'),
    })
    .refine(hasOneKeyForm, 'write api_key or api_keys, not both')
    .describe('OpenAI, and every endpoint that implements its API.'),
  z
    .strictObject({
      kind: z.literal('ai-sdk'),
      package: z
        .string()
        .regex(/^(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/, 'write an npm package such as @ai-sdk/anthropic')
        .describe(
          'The AI SDK provider package, such as `@ai-sdk/google`; it must be installed, but for `@ai-sdk/anthropic`, whose wire the gateway speaks itself.',
        ),
      base_url: providerUrl.optional().describe('The endpoint. Default: the package’s default.'),
      ...keys,
      settings: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('Passed to the package’s factory unchanged: `region`, `resourceName`, …'),
    })
    .refine(hasOneKeyForm, 'write api_key or api_keys, not both')
    .describe('A provider through its AI SDK package: Anthropic, Google, Bedrock, Cohere, Mistral and others.'),
  z.strictObject({ kind: z.literal('local') }).describe('The built-in models: no key, no network access, no cost.'),
]);

/** The provider of the built-in models. It is always configured and loads nothing before its first call. */
export const builtInProvider = 'local';
/** Its models: an extractive text model and an embedding model. */
export const builtInModels: readonly string[] = ['extractive', 'use-lite'];

type ProviderYaml = z.output<typeof providerYaml>;

export function resolveProvider(providerName: string, yaml: ProviderYaml): ProviderConfig {
  if (yaml.kind === 'local') return { kind: 'local', name: providerName };
  const configuredKeys = yaml.api_keys ?? (yaml.api_key === undefined ? [] : [yaml.api_key]);
  const usable = configuredKeys.filter((key) => key !== '');
  const shared = {
    name: providerName,
    keys: usable,
    priceAs: yaml.price_as,
    unsupported: yaml.unsupported,
    client: yaml.client,
  };
  return yaml.kind === 'openai'
    ? {
        kind: 'openai',
        ...shared,
        baseUrl: yaml.base_url,
        auth: yaml.auth,
        apiVersion: yaml.api_version,
        wire: yaml.wire,
      }
    : { kind: 'ai-sdk', ...shared, package: yaml.package, baseUrl: yaml.base_url, settings: yaml.settings };
}

/** Whether all keys of a provider are empty: its targets are skipped. */
export function isKeyless(yaml: ProviderYaml): boolean {
  if (yaml.kind === 'local') return false;
  const configuredKeys = yaml.api_keys ?? (yaml.api_key === undefined ? undefined : [yaml.api_key]);
  return configuredKeys?.every((key) => key === '') ?? false;
}
