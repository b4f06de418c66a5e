/** `ai.prices`: prices of models that the built-in list lacks or has wrong. */
import { z } from 'zod';
import { positive } from './ai-names.ts';

/** Decimal strings of US dollars per million tokens. */
export interface TokenPrices {
  readonly inputPerMtok: string;
  readonly cachedInputPerMtok: string | undefined;
  readonly cacheWritePerMtok: string | undefined;
  /** Cache writes with a time to live of one hour. */
  readonly cacheWriteHourPerMtok?: string | undefined;
  readonly outputPerMtok: string;
}

export type PriceOverride =
  | { readonly kind: 'free' }
  | ({ readonly kind: 'tokens' } & TokenPrices & {
        /** Prices of the whole call where its input is longer, ascending. */
        readonly tiers: readonly (TokenPrices & { readonly aboveInputTokens: number })[];
      });

const decimal = z.string().regex(/^\d{1,9}(\.\d{1,12})?$/, 'write US dollars as a decimal string, such as "0.40"');
const tokenPrices = {
  input_per_mtok: decimal.describe('US dollars per million input tokens.'),
  cached_input_per_mtok: decimal.optional().describe('Input read from the provider’s cache. Default: as input.'),
  cache_write_per_mtok: decimal.optional().describe('Input written to the provider’s cache. Default: as input.'),
  cache_write_1h_per_mtok: decimal
    .optional()
    .describe('Input written to the provider’s cache for one hour. Default: as cache_write_per_mtok.'),
  output_per_mtok: decimal.describe('US dollars per million output tokens.'),
};

export const priceYaml = z.union([
  z.strictObject({ free: z.literal(true).describe('Calls of this model cost nothing.') }),
  z.strictObject({
    ...tokenPrices,
    tiers: z
      .array(z.strictObject({ above_input_tokens: positive, ...tokenPrices }))
      .default([])
      .describe('Prices of the whole call where its input is longer, in ascending order.'),
  }),
]);

export function resolvePrice(yaml: z.output<typeof priceYaml>): PriceOverride {
  if ('free' in yaml) return { kind: 'free' };
  const pricesOf = (tier: Omit<typeof yaml, 'tiers'>): TokenPrices => ({
    inputPerMtok: tier.input_per_mtok,
    cachedInputPerMtok: tier.cached_input_per_mtok,
    cacheWritePerMtok: tier.cache_write_per_mtok,
    cacheWriteHourPerMtok: tier.cache_write_1h_per_mtok,
    outputPerMtok: tier.output_per_mtok,
  });
  return {
    kind: 'tokens',
    ...pricesOf(yaml),
    tiers: yaml.tiers
      .map((tier) => ({ ...pricesOf(tier), aboveInputTokens: tier.above_input_tokens }))
      .sort((a, b) => a.aboveInputTokens - b.aboveInputTokens),
  };
}
