import { dirname } from 'node:path';
import { ConfigError, type ResolvedConfig } from '../../config/index.ts';
import { checkAiSdkPackage } from './ai-sdk/index.ts';
import { anthropicPackage } from './create-providers.ts';

/**
 * Checks at the start that the package of every AI SDK provider is installed: each call of a provider without its package
 * would fail. The packages are looked up and not loaded.
 *
 * @throws ConfigError with one problem for each provider whose package is missing: the line of its `package` key and the
 * command that installs it
 */
export function refuseMissingPackages({ file, ai, packageLines }: ResolvedConfig): void {
  const problems = ai.providers.flatMap((provider) => {
    if (provider.kind !== 'ai-sdk' || provider.package === anthropicPackage) return [];
    const { name } = provider;
    const message = checkAiSdkPackage(provider.package, dirname(file));
    if (message === undefined) return [];
    return [{ path: `ai.providers.${name}.package`, line: packageLines[name], message }];
  });
  if (problems.length > 0) throw new ConfigError(file, problems);
}
