import { dirname } from 'node:path';
import { ConfigError, type ResolvedConfig } from '../../config/index.ts';
import { checkAiSdkPackage } from './ai-sdk/index.ts';

/**
 * A provider whose package is not there would fail each of its calls; it is told at the start instead.
 *
 * @throws ConfigError naming every provider whose package is not installed
 */
export function refuseMissingPackages({ file, ai }: ResolvedConfig): void {
  const problems = ai.providers.flatMap((provider) => {
    if (provider.kind !== 'ai-sdk') return [];
    const message = checkAiSdkPackage(provider.package, dirname(file));
    return message === undefined ? [] : [{ path: `ai.providers.${provider.name}.package`, line: undefined, message }];
  });
  if (problems.length > 0) throw new ConfigError(file, problems);
}
