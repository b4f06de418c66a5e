/** The policies of a configuration, ready to decide; one that cannot be used refuses the configuration. */
import { ConfigError, type ConfigProblem, type PolicyConfig, type ResolvedConfig } from '../../config/index.ts';
import { didYouMean, unreachable } from '../../lib/index.ts';
import type { AccessRules, CompositionProblem } from '../../supergraph/index.ts';
import { policiesOf } from '../rules/operation-rules.ts';
import { type CodePolicy, loadCodePolicy } from './code-policy.ts';
import { DecisionService } from './decision-service.ts';
import { createExpressionPolicy } from './expression-policy.ts';
import type { Policy } from './policy.ts';

export type Policies = ReadonlyMap<string, Policy>;

export interface LoadedPolicies {
  readonly policies: Policies;
  /** Of the modules, by policy: an edit makes another generation. */
  readonly policyHashes: ReadonlyMap<string, string>;
}

/** @throws ConfigError with every policy that cannot be used, and its line */
export async function loadPolicies({ file, access }: Pick<ResolvedConfig, 'file' | 'access'>): Promise<LoadedPolicies> {
  const services = new Map<string, DecisionService>();
  const problems: ConfigProblem[] = [];
  const policies = new Map<string, Policy>();
  const policyHashes = new Map<string, string>();
  for (const config of access.policies) {
    const policy = await load(config, services);
    if (typeof policy === 'string') {
      problems.push({ path: config.place, line: config.line, message: policy });
      continue;
    }
    policies.set(config.name, policy);
    if ('hash' in policy) policyHashes.set(config.name, policy.hash);
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
  return { policies, policyHashes };
}

async function load(
  config: PolicyConfig,
  services: Map<string, DecisionService>,
): Promise<Policy | CodePolicy | string> {
  switch (config.kind) {
    case 'expression':
      return createExpressionPolicy(config.name, config.expression);
    case 'code':
      return loadCodePolicy(config.name, config.path);
    case 'http': {
      const { url } = config;
      const service = services.get(url) ?? new DecisionService(url);
      services.set(url, service);
      return service.policy(config);
    }
    default:
      return unreachable(config);
  }
}

/** A problem for each policy that a directive names and the configuration does not have: it would deny everyone. */
export function unknownPolicies(rules: AccessRules, names: readonly string[]): readonly CompositionProblem[] {
  const unknown = new Map<string, Map<string, Set<string>>>();
  const add = (name: string, directive: string, coordinate: string): void => {
    if (names.includes(name)) return;
    const places = unknown.get(name) ?? new Map<string, Set<string>>();
    unknown.set(name, places.set(directive, (places.get(directive) ?? new Set()).add(coordinate)));
  };
  for (const [coordinate, ofElement] of rules) {
    for (const rule of ofElement) {
      const directive = rule.kind === 'mask' ? '@mask' : '@policy';
      for (const name of policiesOf(rule)) add(name, directive, coordinate);
    }
  }
  const textOf = (places: ReadonlyMap<string, ReadonlySet<string>>): string =>
    [...places].map(([directive, coordinates]) => `${directive} on ${[...coordinates].join(', ')}`).join(' and ');
  return [...unknown].map(([name, places]) => ({
    severity: 'error',
    code: 'POLICY_UNKNOWN',
    message: `${textOf(places)} names the policy "${name}", which the configuration does not have${didYouMean(name, names)}`,
    places: [],
    suggestedFix: `add it under access.policies, such as ${name}: "args.id == principal.id"`,
  }));
}
