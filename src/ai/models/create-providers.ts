import type { ModelTarget, ProviderConfig, StructuredOutput } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';
import { createLocalProvider } from './local-provider.ts';
import type { ModelProvider } from './model.ts';
import { createOpenAiProvider } from './openai-provider.ts';

/**
 * The providers of `ai.providers`, by name. `models` are the aliases of `ai.models`: how a target asks for JSON is said
 * there (`structured`); where two targets of one model differ, the first one counts.
 */
export function createProviders(
  providers: readonly ProviderConfig[],
  models: Readonly<Record<string, readonly ModelTarget[]>> = {},
): ReadonlyMap<string, ModelProvider> {
  const targets = Object.values(models).flat();
  return new Map(providers.map((provider) => [provider.name, createProvider(provider, targets)]));
}

function createProvider(provider: ProviderConfig, targets: readonly ModelTarget[]): ModelProvider {
  switch (provider.kind) {
    case 'openai': {
      const structuredByModel = new Map<string, StructuredOutput>();
      for (const target of targets) {
        if (target.provider !== provider.name || structuredByModel.has(target.model)) continue;
        structuredByModel.set(target.model, target.structured);
      }
      const { name, baseUrl, apiKey } = provider;
      return createOpenAiProvider({ name, baseUrl, apiKey, structuredByModel });
    }
    case 'local':
      return createLocalProvider({ name: provider.name });
    default:
      return unreachable(provider);
  }
}
