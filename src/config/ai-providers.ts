/** `ai.providers`: where models come from. */
import { z } from 'zod';
import { httpUrlOf } from './values.ts';

/** What becomes of a field of a request that a target has no place for. */
export type UnsupportedFields = 'adapt' | 'drop' | 'refuse';

export type ProviderConfig =
  | {
      readonly kind: 'openai';
      readonly name: string;
      /** `{model}` in it is replaced by the model id (Azure’s deployments). */
      readonly baseUrl: string;
      /** Rotated; none: no key is sent. */
      readonly keys: readonly string[];
      readonly auth: 'bearer' | 'api-key';
      readonly apiVersion: string | undefined;
      readonly wire: 'chat' | 'responses';
      readonly priceAs: string | undefined;
      readonly unsupported: UnsupportedFields;
    }
  | {
      readonly kind: 'ai-sdk';
      readonly name: string;
      /** The npm package, such as `@ai-sdk/anthropic`. */
      readonly package: string;
      readonly keys: readonly string[];
      readonly baseUrl: string | undefined;
      /** Handed to the package’s factory as they are. */
      readonly settings: Readonly<Record<string, unknown>>;
      readonly priceAs: string | undefined;
      readonly unsupported: UnsupportedFields;
    }
  | { readonly kind: 'local'; readonly name: string };

/** `{model}` stands for a model's id. */
const providerUrl = httpUrlOf((text) => text.replaceAll('{model}', 'model'));

const keys = {
  api_key: z
    .string()
    .optional()
    .describe('The key. Empty: the provider’s targets are skipped. Left out: the endpoint needs none.'),
  api_keys: z.array(z.string()).min(1).optional().describe('Several keys, used in turn; empty ones are left out.'),
  price_as: z
    .string()
    .min(1)
    .optional()
    .describe('The provider whose prices hold, by its id in genai-prices. Default: found by URL, name or package.'),
  unsupported: z
    .enum(['adapt', 'drop', 'refuse'])
    .default('adapt')
    .describe(
      'Fields that a target has no place for. `adapt`: what changes nothing of what is asked is left out, other values become the nearest that is taken. `drop`: settings such as `seed` are left out too. `refuse`: the call is refused. The header `isthmus-adapted` and the record tell what was changed.',
    ),
};
const oneKeyForm = (value: { api_key?: string | undefined; api_keys?: readonly string[] | undefined }) =>
  value.api_key === undefined || value.api_keys === undefined;

export const providerYaml = z.discriminatedUnion('kind', [
  z
    .strictObject({
      kind: z
        .literal('openai')
        .describe('`openai`: OpenAI’s wire. `ai-sdk`: any AI SDK package. `local`: the built-in models.'),
      base_url: providerUrl
        .default('https://api.openai.com/v1')
        .describe('The endpoint; anything that speaks OpenAI’s wire. `{model}` is replaced by the model id.'),
      ...keys,
      auth: z.enum(['bearer', 'api-key']).default('bearer').describe('The header the key goes in; Azure: api-key.'),
      api_version: z.string().min(1).optional().describe('Azure’s `api-version` query parameter.'),
      wire: z.enum(['chat', 'responses']).default('chat').describe('Chat completions, or the responses API.'),
    })
    .refine(oneKeyForm, 'write api_key or api_keys, not both')
    .describe('OpenAI, and every endpoint that speaks its wire.'),
  z
    .strictObject({
      kind: z.literal('ai-sdk'),
      package: z
        .string()
        .regex(/^(?:@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/, 'write an npm package such as @ai-sdk/anthropic')
        .describe('The AI SDK provider package, such as `@ai-sdk/anthropic`; loaded when it is first used.'),
      base_url: providerUrl.optional().describe('The endpoint. Default: the package’s own.'),
      ...keys,
      settings: z
        .record(z.string(), z.unknown())
        .default({})
        .describe('Handed to the package’s factory as they are: `region`, `resourceName`, …'),
    })
    .refine(oneKeyForm, 'write api_key or api_keys, not both')
    .describe('Anthropic, Google, Bedrock, Cohere, Mistral and every other AI SDK provider package.'),
  z.strictObject({ kind: z.literal('local') }).describe('The built-in models: no key, no network, free.'),
]);

/** The provider of the built-in models; it costs nothing until it is asked. */
export const builtInProvider = 'local';
/** The models it has: one that writes, one that compares. */
export const builtInModels: readonly string[] = ['extractive', 'use-lite'];

type ProviderYaml = z.output<typeof providerYaml>;

export function resolveProvider(providerName: string, yaml: ProviderYaml): ProviderConfig {
  if (yaml.kind === 'local') return { kind: 'local', name: providerName };
  const given = yaml.api_keys ?? (yaml.api_key === undefined ? [] : [yaml.api_key]);
  const usable = given.filter((key) => key !== '');
  const shared = { name: providerName, keys: usable, priceAs: yaml.price_as, unsupported: yaml.unsupported };
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

/** Whether a provider was given keys and all of them are empty: its targets are skipped. */
export function isKeyless(yaml: ProviderYaml): boolean {
  if (yaml.kind === 'local') return false;
  const given = yaml.api_keys ?? (yaml.api_key === undefined ? undefined : [yaml.api_key]);
  return given?.every((key) => key === '') ?? false;
}
