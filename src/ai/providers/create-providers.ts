import type { ProviderConfig } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { ModelProvider } from '../model-call/index.ts';
import { createAiSdkProvider } from './ai-sdk/index.ts';
import { createLocalProvider } from './local/index.ts';
import { createOpenAiProvider } from './openai/index.ts';

/**
 * The providers of `ai.providers`, by name. None connects or loads a package before it is first asked.
 *
 * @param resolveFrom the folder of supergraph.yaml: where AI SDK packages are looked for that Isthmus does not bring
 */
export function createProviders(
  providers: readonly ProviderConfig[],
  resolveFrom: string,
): ReadonlyMap<string, ModelProvider> {
  return new Map(providers.map((provider) => [provider.name, createProvider(provider, resolveFrom)]));
}

function createProvider(provider: ProviderConfig, resolveFrom: string): ModelProvider {
  switch (provider.kind) {
    case 'openai': {
      const { name, baseUrl, keys, auth, apiVersion, wire, unsupported } = provider;
      const version = apiVersion === undefined ? {} : { apiVersion };
      return createOpenAiProvider({ name, baseUrl, keys, auth, wire, unsupported, ...version });
    }
    case 'ai-sdk': {
      const { name, package: packageName, keys, baseUrl, settings, unsupported } = provider;
      return createAiSdkProvider({ name, package: packageName, keys, baseUrl, settings, unsupported, resolveFrom });
    }
    case 'local':
      return createLocalProvider({ name: provider.name });
    default:
      return unreachable(provider);
  }
}
