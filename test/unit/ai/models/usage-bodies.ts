/** The recorded usage bodies beside the project, with the counts and prices that follow from each; absent on some machines. */
import { existsSync, readFileSync } from 'node:fs';
import type { UsageDialect } from '../../../../src/ai/wires/shared/read-usage.ts';

const file = '../shared/fixtures/usage-bodies/usages.json';

export const hasUsageBodies: boolean = existsSync(file);

/** One provider's reading of a body, by pydantic/genai-prices. */
export interface Reading {
  readonly provider: string;
  readonly dialect: UsageDialect;
  readonly model: string;
  readonly usage: unknown;
  readonly expected: Readonly<Record<string, number>>;
  /** Dollars at 2026-06-01 for tokens, and for all; absent where the provider has no price for the model. */
  readonly inputPrice: string | undefined;
  readonly outputPrice: string | undefined;
  readonly totalPrice: string | undefined;
}

interface Recorded {
  readonly body: { readonly usage?: unknown; readonly usageMetadata?: unknown; readonly meta?: unknown };
  readonly model?: string;
  readonly extracted: readonly {
    readonly usage: Readonly<Record<string, number>>;
    readonly extractors: readonly {
      readonly provider_id: string;
      readonly api_flavor: string;
      readonly input_price?: string;
      readonly output_price?: string;
      readonly total_price?: string;
    }[];
  }[];
}

/** The providers whose own wire a dialect is; others' readings count where they have a price. */
const owners: Readonly<Record<string, UsageDialect>> = {
  'anthropic/default': 'anthropic',
  'openai/chat': 'openai-chat',
  'openai/responses': 'openai-responses',
  'openai/embeddings': 'openai-embeddings',
  'google/default': 'gemini',
  'mistral/default': 'mistral',
  'cohere/default': 'cohere',
  'aws/default': 'bedrock',
};

const dialects: Readonly<Record<string, UsageDialect>> = {
  chat: 'openai-chat',
  default: 'openai-chat',
  responses: 'openai-responses',
  embeddings: 'openai-embeddings',
  anthropic: 'anthropic',
};

/** The usage of every body that names a model: one entry per body. */
export function readUsageBodies(): readonly (readonly Reading[])[] {
  const recorded = JSON.parse(readFileSync(file, 'utf8')) as readonly Recorded[];
  return recorded.flatMap(({ body, model, extracted }) => {
    if (model === undefined) return [];
    const readings: Reading[] = [];
    for (const { usage: expected, extractors } of extracted)
      for (const extractor of extractors) {
        const own = owners[`${extractor.provider_id}/${extractor.api_flavor}`];
        const dialect = own ?? dialects[extractor.api_flavor];
        if (dialect === undefined || (own === undefined && extractor.input_price === undefined)) continue;
        readings.push({
          provider: extractor.provider_id,
          dialect,
          model,
          usage: body.usage ?? body.usageMetadata ?? body.meta,
          expected,
          inputPrice: extractor.input_price,
          outputPrice: extractor.output_price,
          totalPrice: extractor.total_price,
        });
      }
    return [readings];
  });
}
