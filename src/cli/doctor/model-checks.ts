/** Providers and aliases. No key is printed, and no model is called. */
import type { ResolvedConfig } from '../../config/index.ts';
import { type Finding, ok, warning } from './finding.ts';

export async function modelFindings({ ai }: ResolvedConfig): Promise<readonly Finding[]> {
  const providers = ai.providers.flatMap((provider): readonly Finding[] => {
    if (provider.kind === 'local') return [];
    const { name, keys } = provider;
    const check = `provider ${name}`;
    if (keys.length > 0) return [ok(check, keys.length === 1 ? 'has a key' : `has ${keys.length} keys`)];
    const fix = `set ai.providers.${name}.api_key, or the environment variable that it names; without, its models are skipped`;
    return [warning(check, 'has no key', fix)];
  });
  const aliases = Object.entries(ai.models).map(([name, { targets }]) => {
    const models = targets.map(({ provider, model }) => `${provider}/${model}`);
    if (models.length > 0) return ok(`model ${name}`, models.join(', '));
    const fix = `give one of its providers a key, or add a target to ai.models.${name}: \`local/extractive\` needs none`;
    return warning(
      `model ${name}`,
      'no provider of its targets can be used: fields and prompts that name it fail',
      fix,
    );
  });
  return [...providers, ...aliases];
}
