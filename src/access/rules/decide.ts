/**
 * Evaluates the clauses of an operation for a caller to the outcome, a string with a character for each clause: `1` where
 * it holds, `0` where not, and for a mask that shows another form than the whole a letter: which of its forms.
 */
import { type GraphQLSchema, getArgumentValues, getVariableValues } from 'graphql';
import { type Abortable, canonicalJson, longestTimerMs, withinTime, withPlainNumbers } from '../../lib/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { Policy, PolicyInput, PolicyRequest } from '../policies/policy.ts';
import type { Principal } from '../principal.ts';
import { formMark } from './masks.ts';
import { type Clause, type DecidedRules, policiesOf } from './operation-rules.ts';

export interface Caller {
  readonly principal: Principal;
  readonly request: PolicyRequest;
  /** As the client sent them. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly signal: Abortable;
}

/**
 * @param onDecided told what each policy decided, where some did
 * @returns the outcome; a promise of it only where a policy answers later
 */
export function decide(
  schema: GraphQLSchema,
  policies: ReadonlyMap<string, Policy>,
  rules: DecidedRules,
  caller: Caller,
  log: Logger,
  onDecided?: (decisions: Decisions) => void,
): string | Promise<string> {
  const { principal } = caller;
  const isIdentified = principal.kind !== 'anonymous';
  if (rules.policyNames.size === 0) {
    let outcome = '';
    for (const { rule } of rules.clauses) outcome += holdsFor(principal, isIdentified, rule) ? '1' : '0';
    return outcome;
  }
  const decided = decidePolicies(schema, policies, rules, caller, log);
  const outcomeOf = (decisions: Decisions): string => {
    onDecided?.(decisions);
    let outcome = '';
    for (const clause of rules.clauses) {
      const { rule } = clause;
      const allows = (name: string): boolean => decisions.get(name)?.get(clause) === true;
      if (rule.kind === 'mask') outcome += formMark(rule, allows);
      else {
        const holds =
          rule.kind === 'policies'
            ? rule.anyOf.some((all) => all.every(allows))
            : holdsFor(principal, isIdentified, rule);
        outcome += holds ? '1' : '0';
      }
    }
    return outcome;
  };
  return decided instanceof Promise ? decided.then(outcomeOf) : outcomeOf(decided);
}

/** The scopes of a caller are compared with rules on every request: a set is made once for each principal. */
const scopeSets = new WeakMap<Principal, ReadonlySet<string>>();

function holdsFor(principal: Principal, isIdentified: boolean, rule: Clause['rule']): boolean {
  if (rule.kind === 'authenticated') return isIdentified;
  if (rule.kind !== 'scopes') return false;
  let scopes = scopeSets.get(principal);
  if (scopes === undefined) {
    scopes = new Set(principal.scopes);
    scopeSets.set(principal, scopes);
  }
  for (const all of rule.anyOf) {
    let holds = true;
    for (const scope of all) holds &&= scopes.has(scope);
    if (holds) return true;
  }
  return false;
}

/** The decision of each policy for each clause that names it. */
export type Decisions = ReadonlyMap<string, ReadonlyMap<Clause, boolean>>;

function decidePolicies(
  schema: GraphQLSchema,
  policies: ReadonlyMap<string, Policy>,
  rules: DecidedRules,
  { principal, request, variables, signal }: Caller,
  log: Logger,
): Decisions | Promise<Decisions> {
  let values: ReturnType<typeof getVariableValues> | undefined;
  const variableValues = (): Readonly<Record<string, unknown>> | undefined => {
    const definitions = rules.operation.variableDefinitions ?? [];
    values ??= getVariableValues(schema, definitions, withPlainNumbers(variables) as Caller['variables']);
    return values.coerced;
  };
  const decisions = new Map<string, ReadonlyMap<Clause, boolean>>();
  const pending: Promise<void>[] = [];
  for (const name of rules.policyNames) {
    const policy = policies.get(name);
    if (policy === undefined) continue; // refused at composition; a policy that does not exist allows nothing
    const inputs = new Map<string, { readonly input: PolicyInput; readonly clauses: Clause[] }>();
    for (const clause of rules.clauses) {
      if (!policiesOf(clause.rule).includes(name)) continue;
      const args = policy.readsArguments ? argumentsOf(clause, variableValues) : {};
      if (args === undefined) continue; // arguments that are invalid fail the field anyway
      const key = canonicalJson(args);
      const entry = inputs.get(key);
      if (entry === undefined) inputs.set(key, { input: { principal, args, request }, clauses: [clause] });
      else entry.clauses.push(clause);
    }
    const entries = [...inputs.values()];
    const record = (answers: readonly boolean[]): void => {
      const byClause = entries.flatMap(({ clauses }, index) =>
        clauses.map((clause) => [clause, answers[index] === true] as const),
      );
      decisions.set(name, new Map(byClause));
    };
    const answers = policy.decide(
      entries.map(({ input }) => input),
      { signal, log },
    );
    if (answers instanceof Promise) pending.push(answers.then(record));
    else record(answers);
  }
  if (pending.length === 0) return decisions;
  const decided = Promise.all(pending).then(() => decisions);
  return withinTime(decided, { timeoutMs: longestTimerMs, signal, what: 'deciding policies' });
}

/** @returns undefined where they cannot be read: a policy never decides on defaults in their place */
function argumentsOf(
  { selected }: Clause,
  variables: () => Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  if (selected === undefined) return {};
  if (selected.field === undefined) return undefined;
  const values = variables();
  if (values === undefined) return undefined;
  try {
    return getArgumentValues(selected.field, selected.node, values);
  } catch {
    return undefined;
  }
}
