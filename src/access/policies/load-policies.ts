/** The policies of a configuration, ready to decide; one that cannot be used refuses the configuration. */
import { ConfigError, type ConfigProblem, type PolicyConfig, type ResolvedConfig } from '../../config/index.ts';
import { didYouMean, unreachable } from '../../lib/index.ts';
import type { AccessRules, CompositionProblem, RowTable } from '../../supergraph/index.ts';
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

/** What directives say of policies. */
export interface PolicyUses {
  readonly accessRules: AccessRules;
  readonly rows: Pick<RowTable, 'rules'>;
}

/**
 * A problem for each policy that a directive names and the configuration does not have, and for each that reads what it is
 * not given there: it would deny everyone.
 */
export function policyProblems({ accessRules, rows }: PolicyUses, policies: Policies): readonly CompositionProblem[] {
  const names = [...policies.keys()];
  const uses = new Map<string, Map<Directive, Set<string>>>();
  const add = (name: string, directive: Directive, coordinate: string): void => {
    const places = uses.get(name) ?? new Map<Directive, Set<string>>();
    uses.set(name, places.set(directive, (places.get(directive) ?? new Set()).add(coordinate)));
  };
  for (const [coordinate, ofElement] of accessRules)
    for (const rule of ofElement)
      for (const name of policiesOf(rule)) add(name, rule.kind === 'mask' ? '@mask' : '@policy', coordinate);
  for (const { policy, coordinate } of rows.rules) add(policy, '@rows', coordinate);
  return [...uses].flatMap(([name, places]): CompositionProblem[] => {
    const policy = policies.get(name);
    const problem = { severity: 'error', places: [] } as const;
    if (policy === undefined) {
      const message = `${textOf(places)} names the policy "${name}", which the configuration does not have${didYouMean(name, names)}`;
      const suggestedFix = `add it under access.policies, such as ${name}: "${exampleOf([...places.keys()])}"`;
      return [{ ...problem, code: 'POLICY_UNKNOWN', message, suggestedFix }];
    }
    return [...places].flatMap(([directive, coordinates]): CompositionProblem[] => {
      const lacking = directive === '@rows' ? 'args' : 'row';
      if (!policy.needs.has(lacking)) return [];
      const message = `${textOf(new Map([[directive, coordinates]]))} names the policy "${name}", which reads ${lacking}: ${directive} has none`;
      const suggestedFix = `name a policy that does not read ${lacking}`;
      return [{ ...problem, code: 'POLICY_MISPLACED', message, suggestedFix }];
    });
  });
}

type Directive = '@policy' | '@mask' | '@rows';

function exampleOf(directives: readonly Directive[]): string {
  return directives.includes('@rows') ? 'row.ownerId == principal.id' : 'args.id == principal.id';
}

function textOf(places: ReadonlyMap<Directive, ReadonlySet<string>>): string {
  return [...places].map(([directive, coordinates]) => `${directive} on ${[...coordinates].join(', ')}`).join(' and ');
}
