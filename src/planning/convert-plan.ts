/**
 * Turns the planner's tree of sequences into a graph of fetches. A tree makes every fetch wait for all that stands
 * before it; here it waits for those alone that give the objects at its path or the fields it requires.
 */
import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
} from 'graphql';
import { invariant, unreachable } from '../lib/index.ts';
import type { EntityKeys } from './entity-keys.ts';
import { markExactTargets } from './exact-targets.ts';
import type {
  EntityField,
  EntityTarget,
  OperationPlan,
  PlannedFetch,
  RequiredSelection,
  Rewrite,
} from './operation-plan.ts';
import { entityRequest, type RequiredFields, withoutFields } from './split-required.ts';

interface Step {
  readonly fetch: PlannedFetch;
  /** `path.key` of every field it gives, and of every one it needs; `@` steps left out. */
  readonly gives: ReadonlySet<string>;
  readonly needs: ReadonlySet<string>;
  /** The part of `needs` that its representations hold. */
  readonly requires: ReadonlySet<string>;
}

export function convertPlan(node: QueryPlan['node'], keys: EntityKeys, requiredFields: RequiredFields): OperationPlan {
  const steps: Step[] = [];
  const after: number[][] = [];
  const preceding: (readonly number[])[] = [];
  if (node !== undefined) {
    invariant(node.kind !== 'Subscription', 'subscriptions are refused before planning');
    walk(node, [], []);
  }
  splitRequired(steps, preceding, after, keys, requiredFields);
  waitForRequired(steps, preceding, after);
  return inOrder(markExactTargets(steps).map((fetch, index) => ({ ...fetch, after: after[index] ?? [] })));

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
    const step = toStep(node, path, keys);
    steps.push(step);
    preceding.push(before);
    // Mutations run one after the other, each with all that follows from it (GraphQL, section 6.2.2).
    const serial = node.operationKind === 'mutation' || (steps[0]?.fetch.kind === 'root' && isMutation(steps[0].fetch));
    after.push(serial ? [...before] : before.filter((earlier) => intersects(steps[earlier]?.gives, step.needs)));
    return index;
  }
}

/** See split-required.ts. */
function splitRequired(
  steps: Step[],
  preceding: (readonly number[])[],
  after: number[][],
  entityKeys: EntityKeys,
  requiredFields: RequiredFields,
): void {
  for (const [index, step] of [...steps.entries()]) {
    const { fetch } = step;
    if (fetch.kind === 'entities' && fetch.context.length > 0) continue;
    const path = fetch.kind === 'root' ? fetch.path : (fetch.fields[0]?.targets[0]?.path ?? []);
    const operation = operationOf(fetch.operation);
    const removed = new Set<FieldNode>();
    for (const field of requiredFields.misplaced(fetch.subgraph, operation, path, fetch.kind === 'entities')) {
      const keys = field.path.filter((key) => key !== '@');
      const required = new Set<string>();
      addRequired(field.requires, keys, required);
      const at = (name: string): string => [...keys, name].join('.');
      const key = entityKeys
        .keysOf(fetch.subgraph, field.typeName)
        .find((fields) => fields.every((name) => step.gives.has(at(name))));
      const isFetched = [...required].every((one) => steps.some(({ gives }) => gives.has(one)));
      if (
        key === undefined ||
        key.some((name) => name.includes('{')) ||
        !isFetched ||
        !step.gives.has(at('__typename'))
      )
        continue;
      removed.add(field.node);
      for (const name of ['__typename', ...key]) required.add(at(name));
      const { text, variables } = entityRequest(operation, field);
      const named = (name: string): RequiredSelection => ({ kind: 'field', key: name });
      const requires = [
        { kind: 'on', type: field.typeName, selections: [named('__typename'), ...field.requires, ...key.map(named)] },
      ] as const;
      const gives = new Set<string>();
      const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections: [field.node] };
      addGiven(selectionSet, keys, gives);
      steps.push({
        fetch: {
          kind: 'entities',
          subgraph: fetch.subgraph,
          operation: text,
          variables: fetch.variables.filter((name) => variables.includes(name)),
          after: [],
          fields: [entityField({ path: field.path, requires, inputRewrites: [], exact: false }, selectionSet, [])],
          context: [],
        },
        gives,
        needs: prefixes(keys).union(required),
        requires: required,
      });
      preceding.push([...(preceding[index] ?? []), index]);
      after.push([index]);
    }
    if (removed.size === 0) continue;
    const left = withoutFields(operation, removed);
    const used = new Set(left.variableDefinitions?.map(({ variable }) => variable.name.value));
    const gives = new Set<string>();
    addGiven(
      fetch.kind === 'root' ? left.selectionSet : (entitiesField(left).selectionSet ?? left.selectionSet),
      path.filter((one) => one !== '@'),
      gives,
    );
    const changed = {
      operation: stripIgnoredCharacters(print(left)),
      variables: fetch.variables.filter((name) => used.has(name)),
    };
    steps[index] = { ...step, gives, fetch: { ...fetch, ...changed } };
  }
}

/**
 * With interface objects the planner may put a fetch beside the one that gives what it requires, or even before it. Who
 * requires a field waits for whoever gives it, wherever that stands, unless the other waits for it already.
 */
function waitForRequired(steps: readonly Step[], preceding: readonly (readonly number[])[], after: number[][]): void {
  steps.forEach(({ requires }, index) => {
    const before = new Set(preceding[index]);
    for (const required of requires) {
      if ([...before].some((earlier) => steps[earlier]?.gives.has(required))) continue;
      steps.forEach(({ gives }, other) => {
        if (other === index || !gives.has(required) || waitsFor(other, index, after)) return;
        before.add(other);
        after[index]?.push(other);
      });
    }
  });
}

function waitsFor(index: number, other: number, after: readonly (readonly number[])[]): boolean {
  return after[index]?.some((earlier) => earlier === other || waitsFor(earlier, other, after)) ?? false;
}

/** Every fetch after those it waits for. */
function inOrder(fetches: readonly PlannedFetch[]): OperationPlan {
  const places = new Map<number, number>();
  const ordered: PlannedFetch[] = [];
  const place = (index: number): void => {
    const fetch = fetches[index];
    if (fetch === undefined || places.has(index)) return;
    fetch.after.forEach(place);
    places.set(index, ordered.length);
    ordered.push({ ...fetch, after: fetch.after.map((earlier) => places.get(earlier) ?? 0) });
  };
  for (const index of fetches.keys()) place(index);
  return { fetches: ordered };
}

function isMutation(fetch: PlannedFetch): boolean {
  return fetch.kind === 'root' && fetch.operationType === 'mutation';
}

function intersects(gives: ReadonlySet<string> | undefined, needs: ReadonlySet<string>): boolean {
  return gives !== undefined && !gives.isDisjointFrom(needs);
}

function toStep(node: FetchNode, path: readonly string[], entityKeys: EntityKeys): Step {
  const operation = operationOf(node.operation);
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
      requires: new Set(),
    };
  }

  const entities = entitiesField(operation);
  const gives = new Set<string>();
  if (entities.selectionSet !== undefined) addGiven(entities.selectionSet, keys, gives);
  const inputRewrites = (node.inputRewrites ?? []).map(toRewrite);
  const requires = entityKeys.narrowToKeys(node.serviceName, node.requires.map(toRequired), inputRewrites);
  const required = new Set<string>();
  addRequired(requires, keys, required);
  const needs = prefixes(keys).union(required);
  const context = (node.contextRewrites ?? []).map(({ path: from, renameKeyTo }) => ({
    path: from,
    variable: renameKeyTo,
  }));
  for (const { path: from } of context) addContext(from, keys, needs);
  return {
    fetch: {
      ...common,
      kind: 'entities',
      fields: [entityField({ path, requires, inputRewrites, exact: false }, entities.selectionSet, outputRewrites)],
      context,
    },
    gives,
    needs,
    requires: required,
  };
}

function entityField(
  target: EntityTarget,
  set: SelectionSetNode | undefined,
  outputRewrites: readonly Rewrite[],
): EntityField {
  return {
    key: '_entities',
    variable: 'representations',
    targets: [target],
    outputRewrites,
    gives: set === undefined ? [] : topKeys(set),
    leavesOnly: set === undefined || hasLeavesOnly(set),
  };
}

function operationOf(text: string): OperationDefinitionNode {
  const operation = parse(text, { noLocation: true }).definitions.find((one) => one.kind === Kind.OPERATION_DEFINITION);
  invariant(operation !== undefined, 'a fetch has an operation');
  return operation;
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

function hasLeavesOnly(set: SelectionSetNode): boolean {
  return set.selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return selection.selectionSet === undefined;
    return selection.kind === Kind.INLINE_FRAGMENT && hasLeavesOnly(selection.selectionSet);
  });
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
