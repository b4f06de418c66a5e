/**
 * Turns the planner's tree of sequences into a graph of fetches. A tree makes every fetch wait for all that stands
 * before it; here it waits for those alone that give the objects at its path or the fields it requires.
 */
import type { FetchDataRewrite, FetchNode, PlanNode, QueryPlan, QueryPlanSelectionNode } from '@apollo/query-planner';
import { type FieldNode, Kind, print, type SelectionSetNode, stripIgnoredCharacters } from 'graphql';
import { invariant, unreachable } from '../../lib/index.ts';
import type { EntityKeys } from '../plan/entity-keys.ts';
import type { OperationPlan, PlannedFetch, RequiredSelection, Rewrite } from '../plan/operation-plan.ts';
import {
  addGiven,
  addRequired,
  entitiesField,
  entityField,
  operationOf,
  prefixes,
  type Step,
  topKeys,
  waitsFor,
} from '../plan/plan-step.ts';
import { completeRepresentations } from '../repair/complete-representations.ts';
import { markExactTargets } from '../repair/exact-targets.ts';
import { entityRequest, type RequiredFields, withoutFields } from '../repair/split-required.ts';

export interface ConvertedPlan {
  readonly plan: OperationPlan;
  /** `path.key` of every field that some fetch gives, `@` steps left out. */
  readonly gives: ReadonlySet<string>;
}

export function convertPlan(node: QueryPlan['node'], keys: EntityKeys, requiredFields: RequiredFields): ConvertedPlan {
  const steps: Step[] = [];
  const after: number[][] = [];
  const preceding: (readonly number[])[] = [];
  if (node !== undefined) {
    invariant(node.kind !== 'Subscription', 'subscriptions are refused before planning');
    walk(node, [], []);
  }
  completeRepresentations(steps, preceding, after, requiredFields);
  splitRequired(steps, preceding, after, keys, requiredFields);
  waitForRequired(steps, preceding, after);
  return {
    plan: inOrder(markExactTargets(steps).map((fetch, index) => ({ ...fetch, after: after[index] ?? [] }))),
    gives: new Set(steps.flatMap((step) => [...step.gives])),
  };

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
    for (const field of requiredFields.placed(fetch.subgraph, operation, path, fetch.kind === 'entities')) {
      if (field.represented) continue;
      const keys = field.path.filter((key) => key !== '@');
      const required = new Set<string>();
      addRequired(field.requires, keys, required);
      const at = (name: string): string => [...keys, name].join('.');
      const key = entityKeys.keysOf(fetch.subgraph, field.typeName).find((fields) => {
        const given = new Set<string>();
        addRequired(fields, keys, given);
        return given.isSubsetOf(step.gives);
      });
      const isFetched = [...required].every((one) => steps.some(({ gives }) => gives.has(one)));
      if (key === undefined || !isFetched || !step.gives.has(at('__typename'))) continue;
      removed.add(field.node);
      required.add(at('__typename'));
      addRequired(key, keys, required);
      const { text, variables } = entityRequest(operation, field);
      const typeNameKey: RequiredSelection = { kind: 'field', key: '__typename' };
      const requires = [
        { kind: 'on', type: field.typeName, selections: [typeNameKey, ...field.requires, ...key] },
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
 * With interface objects the planner may put a fetch beside the one that gives what it requires, or even before it; and
 * a fetch whose arguments come from a context beside the one that gives the context. Who requires a field or stands
 * below it waits for whoever gives it, wherever that stands, unless the other waits for it already.
 */
function waitForRequired(steps: readonly Step[], preceding: readonly (readonly number[])[], after: number[][]): void {
  steps.forEach(({ fetch, requires }, index) => {
    const before = new Set(preceding[index]);
    const path = fetch.kind === 'root' ? fetch.path : (fetch.fields[0]?.targets[0]?.path ?? []);
    for (const required of requires.union(prefixes(path.filter((key) => key !== '@')))) {
      if ([...before].some((earlier) => steps[earlier]?.gives.has(required))) continue;
      steps.forEach(({ gives }, other) => {
        if (other === index || !gives.has(required) || waitsFor(other, index, after)) return;
        before.add(other);
        after[index]?.push(other);
      });
    }
  });
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
  // `..` counts lists too, so every ancestor that it may mean is taken: waiting for one more fetch is never wrong.
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
