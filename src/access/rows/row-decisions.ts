/** Decides on the objects of an operation: one answer of the policy for each, those of one fetch together. */
import type { AccessConfig } from '../../config/index.ts';
import type { Logger } from '../../observability/index.ts';
import type { RowRule } from '../../supergraph/index.ts';
import type { Policy, Row, RowCondition, RowKey } from '../policies/policy.ts';
import type { Caller } from '../rules/decide.ts';

/** Objects that one rule is about. */
export interface RowQuestion {
  readonly rule: RowRule;
  /** What the rule reads of each; undefined where it is not decidable: such an object is denied. */
  readonly rows: readonly (Row | undefined)[];
}

/** How many objects a rule has been asked about in an operation, and how many it denies. */
export interface RuleCount {
  readonly rule: RowRule;
  decided: number;
  denied: number;
}

export interface RowDecisions {
  /** Everything is served, and denials are logged. */
  readonly isAudit: boolean;
  /** Where clients are told of objects that are null by a rule. */
  readonly reportedIn: AccessConfig['denials'];
  /** @returns for each question, whether each of its objects may be read; a promise only where a policy answers later */
  decide(questions: readonly RowQuestion[]): Decided | Promise<Decided>;
  /** Decides one object after the other; undefined where the policy does not, or nothing is left out. */
  conditionOf(rule: RowRule, fields: readonly RowKey[]): RowCondition | undefined;
  /** Counts what was decided by a condition. */
  count(rule: RowRule, decided: number, denied: number): void;
  /** So far, by the coordinate of the rule and its policy. */
  counts(): readonly RuleCount[];
}

type Decided = readonly (readonly boolean[])[];

export interface RowPolicies {
  readonly config: Pick<AccessConfig, 'mode' | 'denials'>;
  readonly policies: ReadonlyMap<string, Policy>;
  readonly log: Logger;
}

export function rowDecisions(
  { config, policies, log }: RowPolicies,
  { principal, request, signal, requestId }: Caller & { readonly requestId: string },
): RowDecisions {
  const caller = { principal, request };
  const isAudit = config.mode === 'audit';
  const counts = new Map<string, RuleCount>();

  /** One call of a policy for all that it decides. */
  function ask(name: string, rows: RowQuestion['rows']): readonly boolean[] | Promise<readonly boolean[]> {
    const policy = policies.get(name);
    if (policy === undefined) return rows.map(() => false); // refused at composition
    const decidable = rows.filter((row) => row !== undefined);
    const answers = policy.decideRows(decidable, caller, { signal, log });
    if (decidable.length === rows.length) return answers;
    const spread = (decided: readonly boolean[]): readonly boolean[] => {
      let next = 0;
      return rows.map((row) => row !== undefined && decided[next++] === true);
    };
    return answers instanceof Promise ? answers.then(spread) : spread(answers);
  }

  function decideAll(questions: readonly RowQuestion[]): Decided | Promise<Decided> {
    const byPolicy = Map.groupBy(questions, ({ rule }) => rule.policy);
    const answers = [...byPolicy].map(([name, of]) => {
      const [first] = of;
      return ask(name, of.length === 1 && first !== undefined ? first.rows : of.flatMap(({ rows }) => rows));
    });
    const apart = (answers: Decided): Decided => {
      const byQuestion = new Map<RowQuestion, readonly boolean[]>();
      for (const [index, of] of [...byPolicy.values()].entries()) {
        const ofPolicy = answers[index] ?? [];
        let from = 0;
        for (const question of of) {
          const to = from + question.rows.length;
          byQuestion.set(question, of.length === 1 ? ofPolicy : ofPolicy.slice(from, to));
          from = to;
        }
      }
      return questions.map((question) => byQuestion.get(question) ?? []);
    };
    return answers.some((answer) => answer instanceof Promise)
      ? Promise.all(answers).then(apart)
      : apart(answers as Decided);
  }

  function countOne(rule: RowRule, decided: number, denied: number): void {
    // Each plan has rules of its own.
    const key = JSON.stringify(rule);
    const total = counts.get(key) ?? { rule, decided: 0, denied: 0 };
    counts.set(key, total);
    total.decided += decided;
    total.denied += denied;
  }

  function count(questions: readonly RowQuestion[], decided: Decided): Decided {
    for (const [index, { rule }] of questions.entries()) {
      const answers = decided[index] ?? [];
      let denied = 0;
      for (const answer of answers) if (answer !== true) denied++;
      countOne(rule, answers.length, denied);
      if (!isAudit || denied === 0) continue;
      const { coordinate, policy } = rule;
      log.info(
        { requestId, principal: principal.id, coordinate, policy, objects: denied },
        'access to objects would be denied (access.mode: audit)',
      );
    }
    return decided;
  }

  return {
    isAudit,
    reportedIn: config.denials,
    decide(questions) {
      const decided = decideAll(questions);
      return decided instanceof Promise
        ? decided.then((answers) => count(questions, answers))
        : count(questions, decided);
    },
    conditionOf: ({ policy }, fields) => (isAudit ? undefined : policies.get(policy)?.rowCondition?.(fields, caller)),
    count: countOne,
    counts: () => [...counts.values()],
  };
}

/** As it is written in a schema, whatever the directive is called there. */
export function rowRuleText({ policy, fields, denied }: RowRule): string {
  return `@rows(policy: ${JSON.stringify(policy)}, fields: ${JSON.stringify(fields)}, denied: ${JSON.stringify(denied)})`;
}

export function explainCount({ rule, decided, denied }: RuleCount) {
  return { coordinate: rule.coordinate, rule: rowRuleText(rule), objects: decided, denied };
}
