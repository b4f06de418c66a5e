/** Policies as CEL expressions (https://cel.dev): `args.id == principal.id`. The only file that imports the CEL package. */
import { Environment } from '@marcbachmann/cel-js';
import { messageOf } from '../../errors/index.ts';
import type { Policy, PolicyInput } from './policy.ts';

const limits = { maxAstNodes: 1_000, maxDepth: 50 };

/** Knows the fields of its variables: a misspelt one is found when the configuration is read. */
const checked = new Environment({ limits })
  .registerVariable({
    name: 'principal',
    schema: {
      id: 'string',
      kind: 'string',
      tenant: 'string',
      scopes: 'list<string>',
      roles: 'list<string>',
      claims: 'map',
      expiresAt: 'double',
    },
  })
  .registerVariable('args', 'map')
  .registerVariable({ name: 'request', schema: { headers: 'map', operationName: 'string', operationType: 'string' } });

/** Reads values as they are, without a copy in the schema's form: 0.3 µs for an expression of two comparisons. */
const evaluated = new Environment({ limits })
  .registerVariable('principal', 'map')
  .registerVariable('args', 'map')
  .registerVariable('request', 'map');

/** @returns the policy, or what is wrong with the expression */
export function createExpressionPolicy(name: string, expression: string): Policy | string {
  const { valid, type, error } = checked.check(expression);
  if (!valid) return `the expression is not valid: ${described(error)}`;
  if (type !== 'bool' && type !== 'dyn') return `the expression is ${type}; a policy is true or false`;
  const evaluate = evaluated.parse(expression);
  return {
    name,
    readsArguments: readsVariable(evaluate.ast, 'args'),
    readsRequest: readsVariable(evaluate.ast, 'request'),
    decide: (inputs) => inputs.map((input) => holds(evaluate, input)),
  };
}

function holds(evaluate: (context: Record<string, unknown>) => unknown, { principal, args, request }: PolicyInput) {
  try {
    return evaluate({ principal, args, request }) === true;
  } catch {
    return false; // a claim or an argument that is not there: nothing is allowed by what is missing
  }
}

/** Whether a name occurs as a variable; one that a macro binds counts as well. */
function readsVariable(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((item) => readsVariable(item, name));
  if (node === null || typeof node !== 'object' || !('op' in node) || !('args' in node)) return false;
  return node.op === 'id' ? node.args === name : readsVariable(node.args, name);
}

/** The message with the excerpt below it, which shows the place. */
function described(error: unknown): string {
  return messageOf(error).trim().replaceAll(/\n+/g, '\n  ');
}
