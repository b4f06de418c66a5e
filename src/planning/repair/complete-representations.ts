/**
 * Adds to representations what the fields asked for with them require, where the plan fetches it and only forgot it.
 *
 * Where a required field requires another in turn, back in the same subgraph (`stamp` requires `tag` of another
 * subgraph, which requires `euro`, which requires `price`), Apollo's planner fetches `price` but may ask for `euro` by
 * a key alone. Such a field waits for what it requires; the others of its request do not.
 */
import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
} from 'graphql';
import type { EntityTarget, RequiredSelection } from '../plan/operation-plan.ts';
import {
  addGiven,
  addRequired,
  entitiesField,
  entityField,
  operationOf,
  type Step,
  waitsFor,
} from '../plan/plan-step.ts';
import { type PlacedField, type RequiredFields, withoutFields } from './split-required.ts';

export function completeRepresentations(
  steps: Step[],
  preceding: (readonly number[])[],
  after: number[][],
  requiredFields: RequiredFields,
): void {
  for (const [index, step] of [...steps.entries()]) {
    const { fetch } = step;
    const [target] = fetch.kind === 'entities' ? (fetch.fields[0]?.targets ?? []) : [];
    if (fetch.kind === 'root' || target === undefined || fetch.context.length > 0) continue;
    const operation = operationOf(fetch.operation);
    const lacking = requiredFields
      .placed(fetch.subgraph, operation, target.path, true)
      .filter((field) => field.represented && isLacking(field, target, step, steps, requiredFields));
    if (lacking.length === 0) continue;
    const moved = new Set(lacking.map(({ node }) => node));
    const others = topFields(entitiesField(operation).selectionSet).filter((node) => !moved.has(node));
    if (others.every((node) => node.name.value === '__typename')) {
      // Where nothing is rewritten, the type was known before: nobody has to wait for it.
      const removed = new Set(target.inputRewrites.length === 0 ? others : []);
      const completed = withFields(step, operation, removed, lacking);
      steps[index] = completed;
      if (!isMutation(steps[0])) leaveNeedless(index, completed, steps, after);
      waitForLacking(index, lacking, steps, after);
      continue;
    }
    const completed = forTypes(withFields(step, operation, new Set(others), lacking), lacking, requiredFields);
    steps[index] = withFields(step, operation, moved, []);
    steps.push(completed);
    preceding.push([...(preceding[index] ?? [])]);
    after.push([...(after[index] ?? [])]);
    waitForLacking(steps.length - 1, lacking, steps, after);
    // Who waited for what has moved waits for it still, even if what is left gives the same to objects of another type.
    const added = steps.length - 1;
    after.forEach((list, other) => {
      if (other === added || !list.includes(index) || steps[other]?.needs.isDisjointFrom(completed.gives) !== false)
        return;
      if (!waitsFor(added, other, after)) list.push(added);
    });
  }
}

/** Who waited for what the step gives no more waits for what the step waits for. */
function leaveNeedless(index: number, { gives }: Step, steps: readonly Step[], after: number[][]): void {
  after.forEach((list, other) => {
    if (!list.includes(index) || steps[other]?.needs.isDisjointFrom(gives) === false) return;
    after[other] = [...new Set([...list.filter((one) => one !== index), ...(after[index] ?? [])])];
  });
}

function isMutation(step: Step | undefined): boolean {
  return step?.fetch.kind === 'root' && step.fetch.operationType === 'mutation';
}

function isLacking(
  { typeName, requires }: PlacedField,
  target: EntityTarget,
  step: Step,
  steps: readonly Step[],
  { areDisjoint }: RequiredFields,
): boolean {
  const keys = target.path.filter((key) => key !== '@');
  const required = new Set<string>();
  addRequired(requires, keys, required);
  const brought = new Set<string>();
  const add = (selections: readonly RequiredSelection[]): void => {
    for (const one of selections) {
      if (one.kind === 'field') addRequired([one], keys, brought);
      else if (one.type === undefined || !areDisjoint(one.type, typeName)) add(one.selections);
    }
  };
  add(target.requires);
  return (
    !required.isSubsetOf(brought) &&
    [...required].every((name) => steps.some((other) => other !== step && other.gives.has(name)))
  );
}

/** Whoever gives what was lacking, even if another that is waited for gives it too: to objects of another type. */
function waitForLacking(
  index: number,
  lacking: readonly PlacedField[],
  steps: readonly Step[],
  after: number[][],
): void {
  const required = new Set<string>();
  for (const { path, requires } of lacking)
    addRequired(
      requires,
      path.filter((key) => key !== '@'),
      required,
    );
  steps.forEach(({ gives }, other) => {
    const own = after[index];
    if (other === index || gives.isDisjointFrom(required) || own === undefined || own.includes(other)) return;
    if (!waitsFor(other, index, after)) own.push(other);
  });
}

/** The step without some of its fields, and with what others require in its representations. */
function withFields(
  step: Step,
  whole: OperationDefinitionNode,
  removed: ReadonlySet<FieldNode>,
  lacking: readonly PlacedField[],
): Step {
  const { fetch } = step;
  const [field] = fetch.kind === 'entities' ? fetch.fields : [];
  const [target] = field?.targets ?? [];
  if (fetch.kind === 'root' || field === undefined || target === undefined) return step;
  const operation = withoutFields(whole, removed);
  const declared = new Set(operation.variableDefinitions?.map(({ variable }) => variable.name.value));
  const { selectionSet } = entitiesField(operation);
  const keys = target.path.filter((key) => key !== '@');
  const gives = new Set<string>();
  if (selectionSet !== undefined) addGiven(selectionSet, keys, gives);
  const required = new Set<string>();
  for (const { requires } of lacking) addRequired(requires, keys, required);
  const own = lacking.map(({ typeName, requires }) => ({ kind: 'on', type: typeName, selections: requires }) as const);
  // Inside the conditions that are there: a condition of its own could make a representation without a key.
  const requires = target.requires.map(
    (one): RequiredSelection => (one.kind === 'on' ? { ...one, selections: [...one.selections, ...own] } : one),
  );
  return {
    fetch: {
      ...fetch,
      operation: stripIgnoredCharacters(print(operation)),
      variables: fetch.variables.filter((name) => declared.has(name)),
      fields: [entityField({ ...target, requires }, selectionSet, field.outputRewrites)],
    },
    gives,
    needs: step.needs.union(required),
    requires: step.requires.union(required),
  };
}

/** The step with representations of the objects alone that may have one of the fields. */
function forTypes(step: Step, lacking: readonly PlacedField[], { areDisjoint }: RequiredFields): Step {
  const { fetch } = step;
  if (fetch.kind === 'root') return step;
  const fields = fetch.fields.map((field) => ({
    ...field,
    targets: field.targets.map((target) => ({
      ...target,
      requires: target.requires.filter((one) => {
        if (one.kind === 'field' || one.type === undefined) return true;
        const { type } = one;
        return lacking.some(({ typeName }) => !areDisjoint(type, typeName));
      }),
    })),
  }));
  return { ...step, fetch: { ...fetch, fields } };
}

function topFields(set: SelectionSetNode | undefined): FieldNode[] {
  return (set?.selections ?? []).flatMap((one) => {
    if (one.kind === Kind.FIELD) return [one];
    return one.kind === Kind.INLINE_FRAGMENT ? topFields(one.selectionSet) : [];
  });
}
