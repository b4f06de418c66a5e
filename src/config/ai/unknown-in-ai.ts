/** What the `ai` key names and nothing has. */
import { didYouMean } from '../../lib/index.ts';
import type { AiYaml } from './ai.ts';
import { fitsRule, resolveTarget, type TargetYaml } from './ai-models.ts';
import { parseModelReference } from './ai-names.ts';
import { builtInModels, builtInProvider } from './ai-providers.ts';

/** Everything an alias's YAML names that is not there. */
export interface AiProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/**
 * Providers, aliases and targets that are named and do not exist.
 * @param inCode the providers that an application brings
 */
export function unknownInAi(yaml: AiYaml, inCode: readonly string[]): AiProblem[] {
  const problems: AiProblem[] = [];
  const checkReference = (reference: string, path: readonly (string | number)[]): void => {
    const { provider: providerName, model } = parseModelReference(reference);
    const isBuiltIn = Object.hasOwn(yaml.providers, providerName)
      ? yaml.providers[providerName]?.kind === 'local'
      : providerName === builtInProvider;
    if (!isBuiltIn && !Object.hasOwn(yaml.providers, providerName) && !inCode.includes(providerName)) {
      const near = didYouMean(providerName, [...Object.keys(yaml.providers), ...inCode, builtInProvider]);
      problems.push({ path, message: `there is no provider "${providerName}" under ai.providers${near}` });
    }
    if (isBuiltIn && !builtInModels.includes(model)) {
      const near = didYouMean(
        reference,
        builtInModels.map((model) => `${providerName}/${model}`),
      );
      const message = `there is no built-in model "${model}", only ${builtInModels.join(' and ')}${near}`;
      problems.push({ path, message });
    }
  };
  const checkAlias = (aliasName: string | undefined, path: readonly (string | number)[]): void => {
    if (aliasName !== undefined && !Object.hasOwn(yaml.models, aliasName))
      problems.push({
        path,
        message: `there is no model alias "${aliasName}" under ai.models${didYouMean(aliasName, Object.keys(yaml.models))}`,
      });
  };
  for (const [aliasName, alias] of Object.entries(yaml.models)) {
    const at = ['ai', 'models', aliasName];
    const isList = Array.isArray(alias);
    const targets: readonly TargetYaml[] = isList ? alias : alias.targets;
    const references = targets.map((target) => (typeof target === 'string' ? target : target.model));
    for (const [index, reference] of references.entries())
      checkReference(reference, isList ? [...at, index] : [...at, 'targets', index]);
    if (isList) continue;
    for (const [index, shadow] of alias.shadow.entries()) checkReference(shadow.model, [...at, 'shadow', index]);
    checkAlias(alias.fallback.context_window, [...at, 'fallback', 'context_window']);
    checkAlias(alias.fallback.content_policy, [...at, 'fallback', 'content_policy']);
    checkAlias(alias.cache.semantic?.embedding, [...at, 'cache', 'semantic', 'embedding']);
    for (const [index, rule] of alias.rules.entries()) {
      const path = [...at, 'rules', index];
      for (const reference of rule.targets ?? []) {
        if (!references.includes(reference))
          problems.push({
            path: [...path, 'targets'],
            message: `"${reference}" is not a target of this alias${didYouMean(reference, references)}`,
          });
      }
      const chosen = targets.filter((target) => fitsRule(resolveTarget(target), rule.targets, rule.region));
      if (chosen.length === 0) problems.push({ path, message: 'no target of this alias fits the rule' });
    }
  }
  for (const [index, { cheaper_model: cheaper, match }] of yaml.budgets.entries()) {
    checkAlias(cheaper, ['ai', 'budgets', index, 'cheaper_model']);
    const path = ['ai', 'budgets', index, 'match', 'model'];
    // On /v1 a reference may be what a call is made with.
    if (yaml.expose_references && match.model?.includes('/')) checkReference(match.model, path);
    else checkAlias(match.model, path);
  }
  for (const reference of Object.keys(yaml.prices)) checkReference(reference, ['ai', 'prices', reference]);
  return problems;
}
