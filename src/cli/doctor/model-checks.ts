/** Providers and aliases. No key is printed, and no model is called. */
import { parse } from 'yaml';
import type { ResolvedConfig } from '../../config/index.ts';
import { readTextFile } from '../../lib/index.ts';
import { type Finding, ok, warning } from './finding.ts';

export async function modelFindings({ ai, file }: ResolvedConfig): Promise<readonly Finding[]> {
  const usable = ai.providers.flatMap((provider) => (provider.kind === 'local' ? [] : [provider]));
  const withKeys = usable.map(({ name, keys }) =>
    ok(`provider ${name}`, keys.length === 0 ? 'needs no key' : 'has a key'),
  );
  // A provider whose key is empty is left out of a configuration, with its models.
  const leftOut = (await providersOf(file)).filter(([name]) =>
    ai.providers.every((provider) => provider.name !== name),
  );
  const keyless = leftOut.map(([name, settings]) => {
    const [, variable] = /\$\{([A-Za-z_]\w*)/.exec(JSON.stringify([settings.api_key, settings.api_keys])) ?? [];
    const fix = `set ${variable === undefined ? `ai.providers.${name}.api_key` : `the environment variable ${variable}`}`;
    return warning(`provider ${name}`, 'has no key: its models are skipped', fix);
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
  return [...withKeys, ...keyless, ...aliases];
}

type ProviderSettings = Readonly<Partial<Record<'api_key' | 'api_keys', unknown>>>;

/** As they are written: the configuration has been checked. */
async function providersOf(file: string): Promise<readonly (readonly [string, ProviderSettings])[]> {
  const yaml = parse(await readTextFile(file)) as {
    readonly ai?: { readonly providers?: Record<string, ProviderSettings> };
  };
  return Object.entries(yaml.ai?.providers ?? {});
}
