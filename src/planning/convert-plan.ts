/**
 * Turns the planner's tree of sequences into a graph of fetches. A tree makes every fetch wait for all that stands
 * before it; here it waits for those alone that give the objects at its path or the fields it requires.
 */
import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import { type FieldNode, Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql';
import { invariant, unreachable } from '../lib/index.ts';
import type { OperationPlan, PlannedFetch, RequiredSelection, Rewrite } from './operation-plan.ts';

interface Step {
  readonly fetch: PlannedFetch;
  /** `path.key` of every field it gives, and of every one it needs; `@` steps left out. */
  readonly gives: ReadonlySet<string>;
  readonly needs: ReadonlySet<string>;
}

export function convertPlan(node: QueryPlan['node']): OperationPlan {
  const steps: Step[] = [];
  const after: number[][] = [];
  if (node !== undefined) {
    invariant(node.kind !== 'Subscription', 'subscriptions are refused before planning');
    walk(node, [], []);
  }
  return { fetches: steps.map(({ fetch }, index) => ({ ...fetch, after: after[index] ?? [] })) };

  /** @returns the indexes of the fetches in `plan`; `before` are those that a sequence puts before it */
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
    const step = toStep(node, path);
    steps.push(step);
    // Mutations run one after the other, each with all that follows from it (GraphQL, section 6.2.2).
    const serial = node.operationKind === 'mutation' || (steps[0]?.fetch.kind === 'root' && isMutation(steps[0].fetch));
    after.push(serial ? [...before] : before.filter((earlier) => intersects(steps[earlier]?.gives, step.needs)));
    return index;
  }
}

function isMutation(fetch: PlannedFetch): boolean {
  return fetch.kind === 'root' && fetch.operationType === 'mutation';
}

function intersects(gives: ReadonlySet<string> | undefined, needs: ReadonlySet<string>): boolean {
  return gives !== undefined && !gives.isDisjointFrom(needs);
}

function toStep(node: FetchNode, path: readonly string[]): Step {
  const document = parse(node.operation, { noLocation: true });
  const operation = document.definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  invariant(operation !== undefined, 'a fetch has an operation');
  const outputRewrites = (node.outputRewrites ?? []).map(toRewrite);
  const keys = path.filter((step) => step !== '@');
  const common = {
    subgraph: node.serviceName,
    operation: node.operation,
    variables: node.variableUsages ?? [],
    after: [],
  };

  if (node.requires === undefined) {
    invariant(node.operationKind !== 'subscription', 'subscriptions are refused before planning');
    const gives = new Set<string>();
    addGiven(operation.selectionSet, keys, gives);
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
    };
  }

  const entities = entitiesField(operation);
  const gives = new Set<string>();
  if (entities.selectionSet !== undefined) addGiven(entities.selectionSet, keys, gives);
  const requires = node.requires.map(toRequired);
  const needs = prefixes(keys);
  addRequired(requires, keys, needs);
  const context = (node.contextRewrites ?? []).map(({ path: from, renameKeyTo }) => ({
    path: from,
    variable: renameKeyTo,
  }));
  for (const { path: from } of context) addContext(from, keys, needs);
  return {
    fetch: {
      ...common,
      kind: 'entities',
      fields: [
        {
          key: '_entities',
          variable: 'representations',
          targets: [{ path, requires, inputRewrites: (node.inputRewrites ?? []).map(toRewrite) }],
          outputRewrites,
          gives: entities.selectionSet === undefined ? [] : topKeys(entities.selectionSet),
        },
      ],
      context,
    },
    gives,
    needs,
  };
}

function entitiesField(operation: OperationDefinitionNode): FieldNode {
  const field = operation.selectionSet.selections.find(
    (one) => one.kind === Kind.FIELD && one.name.value === '_entities',
  );
  invariant(field?.kind === Kind.FIELD, 'an entity fetch asks for _entities');
  return field;
}

function prefixes(keys: readonly string[]): Set<string> {
  return new Set(keys.map((_key, index) => keys.slice(0, index + 1).join('.')));
}

function addGiven(set: SelectionSetNode, path: readonly string[], gives: Set<string>): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const inner = [...path, (selection.alias ?? selection.name).value];
      gives.add(inner.join('.'));
      if (selection.selectionSet !== undefined) addGiven(selection.selectionSet, inner, gives);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      addGiven(selection.selectionSet, path, gives);
    }
  }
}

function addRequired(selections: readonly RequiredSelection[], path: readonly string[], needs: Set<string>): void {
  for (const selection of selections) {
    if (selection.kind === 'on') {
      addRequired(selection.selections, path, needs);
    } else {
      const inner = [...path, selection.key];
      needs.add(inner.join('.'));
      if (selection.selections !== undefined) addRequired(selection.selections, inner, needs);
    }
  }
}

function addContext(from: readonly string[], path: readonly string[], needs: Set<string>): void {
  const ups = from.filter((step) => step === '..').length;
  // `..` counts lists too, so every ancestor that it may mean is taken: waiting for one more fetch is never wrong.
  const names = from.filter((step) => step !== '..' && !step.startsWith('... on '));
  for (let length = Math.max(0, path.length - ups); length <= path.length; length++) {
    for (let count = 1; count <= names.length; count++)
      needs.add([...path.slice(0, length), ...names.slice(0, count)].join('.'));
  }
}

function topKeys(set: SelectionSetNode): string[] {
  const keys = set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [(selection.alias ?? selection.name).value];
    return selection.kind === Kind.INLINE_FRAGMENT ? topKeys(selection.selectionSet) : [];
  });
  return [...new Set(keys)].filter((key) => key !== '__typename');
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
