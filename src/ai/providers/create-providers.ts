import type { ProviderConfig } from '../../config/index.ts';
import { unreachable } from '../../lib/index.ts';
import type { ModelProvider } from '../model-call/index.ts';
import { createAiSdkProvider } from './ai-sdk/index.ts';
import { createAnthropicProvider } from './anthropic/index.ts';
import { createLocalProvider, type LocalModels, missingLocalPackages } from './local/index.ts';
import { createOpenAiProvider } from './openai/index.ts';

export interface ProvidersOptions {
  /** `ai.providers`. */
  readonly providers: readonly ProviderConfig[];
  /** The folder of supergraph.yaml: AI SDK packages are resolved from here too. */
  readonly resolveFrom: string;
  /** Called for each provider that is skipped, with its name and the reason. */
  readonly onSkipped: (name: string, reason: string) => void;
  /** The built-in models, where another owner has them. @default a worker thread of each provider */
  readonly localModels?: LocalModels | undefined;
  /** Why the built-in models cannot run; `undefined` if they can. @default checks the installed packages */
  readonly missingLocal?: () => string | undefined;
}

/** The package name that selects Anthropic in the configuration. */
export const anthropicPackage = '@ai-sdk/anthropic';

/**
 * The providers of `ai.providers`, by name. A provider loads its package and opens connections at its first call. The
 * built-in models are skipped if their optional packages are not installed, and so are their targets.
 */
export function createProviders(options: ProvidersOptions): ReadonlyMap<string, ModelProvider> {
  const { providers, onSkipped, missingLocal = missingLocalPackages } = options;
  const created = new Map<string, ModelProvider>();
  for (const provider of providers) {
    const reason = provider.kind === 'local' ? missingLocal() : undefined;
    if (reason === undefined) created.set(provider.name, createProvider(provider, options));
    else onSkipped(provider.name, reason);
  }
  return created;
}

function createProvider(
  provider: ProviderConfig,
  { resolveFrom, localModels }: Pick<ProvidersOptions, 'resolveFrom' | 'localModels'>,
): ModelProvider {
  switch (provider.kind) {
    case 'openai': {
      const { name, baseUrl, keys, auth, apiVersion, wire, unsupported, client } = provider;
      const version = apiVersion === undefined ? {} : { apiVersion };
      return createOpenAiProvider({ name, baseUrl, keys, auth, wire, unsupported, client, ...version });
    }
    case 'ai-sdk': {
      const { name, package: packageName, keys, baseUrl, settings, unsupported, client } = provider;
      // Isthmus implements this wire itself: the package is not loaded, and need not be installed.
      if (packageName === anthropicPackage)
        return createAnthropicProvider({ name, keys, baseUrl, settings, unsupported, client });
      const shared = { name, keys, baseUrl, settings, unsupported, client };
      return createAiSdkProvider({ ...shared, package: packageName, resolveFrom });
    }
    case 'local':
      return createLocalProvider({ name: provider.name, models: localModels });
    default:
      return unreachable(provider);
  }
}
