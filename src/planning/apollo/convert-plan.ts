/**
 * Converts the planner's tree of sequences to a graph of steps. In a tree each fetch waits for all that precede it; here
 * it waits only for those that provide the objects at its path or the fields it requires.
 */
import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import { invariant, unreachable } from '../../lib/index.ts';
import type { DraftFetch } from '../plan/draft-plan.ts';
import type { EntityKeys } from '../plan/entity-keys.ts';
import { entitiesFieldOf, operationOf } from '../plan/fetch-operation.ts';
import type { RequiredSelection, Rewrite } from '../plan/operation-plan.ts';
import {
  addProvided,
  addRequired,
  entityField,
  prefixes,
  type Step,
  type StepGraph,
  topKeys,
  withoutLists,
} from '../plan/plan-step.ts';

export function convertPlan(node: QueryPlan['node'], keys: EntityKeys): StepGraph {
  const steps: Step[] = [];
  const after: number[][] = [];
  const preceding: (readonly number[])[] = [];
  if (node !== undefined) {
    invariant(node.kind !== 'Subscription', 'subscriptions are refused before planning');
    walk(node, [], []);
  }
  return { steps, preceding, after };

  /** @returns the indexes of the fetches in `plan`; `before` are those that sequences put before it */
  function walk(plan: PlanNode, path: readonly string[], before: readonly number[]): number[] {
    switch (plan.kind) {
      case 'Fetch':
        return [addFetch(plan, path, before)];
      case 'Flatten':
        return walk(plan.node, [...path, ...plan.path.map(String)], before);
      case 'Parallel':
        return plan.nodes.flatMap((inner) => walk(inner, path, before));
      case 'Sequence': {
        const done: number[] = [];
        for (const inner of plan.nodes) done.push(...walk(inner, path, [...before, ...done]));
        return done;
      }
      case 'Condition':
      case 'Defer':
        throw new Error(`a plan of a normalised operation has no ${plan.kind} node`);
      default:
        return unreachable(plan);
    }
  }

  function addFetch(node: FetchNode, path: readonly string[], before: readonly number[]): number {
    const index = steps.length;
    const step = toStep(node, path, keys);
    steps.push(step);
    preceding.push(before);
    // Mutations run serially, each with the fetches that follow from it (GraphQL, section 6.2.2).
    const serial = node.operationKind === 'mutation' || (steps[0]?.fetch.kind === 'root' && isMutation(steps[0].fetch));
    after.push(serial ? [...before] : before.filter((earlier) => intersects(steps[earlier]?.gives, step.needs)));
    return index;
  }
}

function isMutation(fetch: DraftFetch): boolean {
  return fetch.kind === 'root' && fetch.operationType === 'mutation';
}

function intersects(gives: ReadonlySet<string> | undefined, needs: ReadonlySet<string>): boolean {
  return gives !== undefined && !gives.isDisjointFrom(needs);
}

function toStep(node: FetchNode, path: readonly string[], entityKeys: EntityKeys): Step {
  const operation = operationOf(node.operation);
  const outputRewrites = (node.outputRewrites ?? []).map(toRewrite);
  const keys = withoutLists(path);
  const common = {
    subgraph: node.serviceName,
    operation,
    variables: node.variableUsages ?? [],
    after: [],
  };

  if (node.requires === undefined) {
    invariant(node.operationKind !== 'subscription', 'subscriptions are refused before planning');
    const gives = new Set<string>();
    addProvided(operation.selectionSet, keys, gives);
    return {
      fetch: {
        ...common,
        kind: 'root',
        operationType: node.operationKind,
        path,
        outputRewrites,
        gives: topKeys(operation.selectionSet),
      },
      gives,
      needs: prefixes(keys),
      requires: new Set(),
    };
  }

  const entities = entitiesFieldOf(operation);
  const gives = new Set<string>();
  if (entities.selectionSet !== undefined) addProvided(entities.selectionSet, keys, gives);
  const inputRewrites = (node.inputRewrites ?? []).map(toRewrite);
  const requires = entityKeys.narrowToKeys(node.serviceName, node.requires.map(toRequired), inputRewrites);
  const required = new Set<string>();
  addRequired(requires, keys, required);
  const context = (node.contextRewrites ?? []).map(({ path: from, renameKeyTo }) => ({
    path: from,
    variable: renameKeyTo,
  }));
  for (const { path: from } of context) addContext(from, keys, required);
  return {
    fetch: {
      ...common,
      kind: 'entities',
      fields: [entityField({ path, requires, inputRewrites, exact: false }, entities.selectionSet, outputRewrites)],
      context,
    },
    gives,
    needs: prefixes(keys).union(required),
    requires: required,
  };
}

function addContext(from: readonly string[], path: readonly string[], required: Set<string>): void {
  const ups = from.filter((step) => step === '..').length;
  // `..` counts lists too, so every ancestor it may denote is added: waiting for one more fetch is never wrong.
  const names = from.filter((step) => step !== '..' && !step.startsWith('... on '));
  for (let length = Math.max(0, path.length - ups); length <= path.length; length++) {
    for (let count = 1; count <= names.length; count++)
      required.add([...path.slice(0, length), ...names.slice(0, count)].join('.'));
  }
}

function toRequired(node: QueryPlanSelectionNode): RequiredSelection {
  if (node.kind === 'InlineFragment') {
    return { kind: 'on', type: node.typeCondition, selections: node.selections.map(toRequired) };
  }
  const key = node.alias ?? node.name;
  return node.selections === undefined
    ? { kind: 'field', key }
    : { kind: 'field', key, selections: node.selections.map(toRequired) };
}

function toRewrite(rewrite: FetchDataRewrite): Rewrite {
  return rewrite.kind === 'ValueSetter'
    ? { kind: 'set', path: rewrite.path, value: rewrite.setValueTo }
    : { kind: 'rename', path: rewrite.path, to: rewrite.renameKeyTo };
}
