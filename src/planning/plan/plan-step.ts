/** The fetches of a plan in progress, with the fields each provides and needs as dotted paths, and their dependencies. */
import { Kind, type SelectionSetNode } from 'graphql';
import type { DraftFetch, DraftPlan } from './draft-plan.ts';
import type { EntityField, EntityTarget, RequiredSelection, Rewrite } from './operation-plan.ts';
import { responseKeyOf } from './response-key.ts';

export interface Step {
  readonly fetch: DraftFetch;
  /** `path.key` of every field it provides; `@` steps are left out. */
  readonly gives: ReadonlySet<string>;
  /** `path.key` of every field it needs: those of its path and those it requires. */
  readonly needs: ReadonlySet<string>;
  /** The part of `needs` that is sent in its representations, or as arguments from a context. */
  readonly requires: ReadonlySet<string>;
}

/** The steps of a plan, by index. Passes replace and add steps in place. */
export interface StepGraph {
  readonly steps: Step[];
  /** For each step, the steps that the planner's sequences put before it. */
  readonly preceding: (readonly number[])[];
  /** For each step, the steps it waits for. */
  readonly after: number[][];
}

export function entityField(
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

/** Where the response of a fetch is merged. */
export function pathOf(fetch: DraftFetch): readonly string[] {
  return fetch.kind === 'root' ? fetch.path : (fetch.fields[0]?.targets[0]?.path ?? []);
}

export function withoutLists(path: readonly string[]): string[] {
  return path.filter((step) => step !== '@');
}

/** Every path on the way to `keys`, and that of `keys` itself. */
export function prefixes(keys: readonly string[]): Set<string> {
  return new Set(keys.map((_key, index) => keys.slice(0, index + 1).join('.')));
}

export function addProvided(set: SelectionSetNode, path: readonly string[], gives: Set<string>): void {
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      const inner = [...path, responseKeyOf(selection)];
      gives.add(inner.join('.'));
      if (selection.selectionSet !== undefined) addProvided(selection.selectionSet, inner, gives);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      addProvided(selection.selectionSet, path, gives);
    }
  }
}

export function addRequired(
  selections: readonly RequiredSelection[],
  path: readonly string[],
  needs: Set<string>,
): void {
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

/** The keys a selection provides. `__typename` counts only if it is the only one, so that its failure has a place. */
export function topKeys(set: SelectionSetNode): string[] {
  const keys = allTopKeys(set);
  const fields = keys.filter((key) => key !== '__typename');
  return [...new Set(fields.length > 0 ? fields : keys)];
}

function allTopKeys(set: SelectionSetNode): string[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [responseKeyOf(selection)];
    return selection.kind === Kind.INLINE_FRAGMENT ? allTopKeys(selection.selectionSet) : [];
  });
}

function hasLeavesOnly(set: SelectionSetNode): boolean {
  return set.selections.every((selection) => {
    if (selection.kind === Kind.FIELD) return selection.selectionSet === undefined;
    return selection.kind === Kind.INLINE_FRAGMENT && hasLeavesOnly(selection.selectionSet);
  });
}

/** Whether the step at `index` waits for the step at `target`, directly or through others. */
export function waitsFor(index: number, target: number, after: readonly (readonly number[])[]): boolean {
  return after[index]?.some((earlier) => earlier === target || waitsFor(earlier, target, after)) ?? false;
}

/** The plan of the steps, each fetch after those it waits for. */
export function orderSteps({ steps, after }: StepGraph): DraftPlan {
  const positions = new Map<number, number>();
  const fetches: DraftFetch[] = [];
  const place = (index: number): void => {
    const step = steps[index];
    if (step === undefined || positions.has(index)) return;
    const earlier = after[index] ?? [];
    earlier.forEach(place);
    positions.set(index, fetches.length);
    fetches.push({ ...step.fetch, after: earlier.map((waited) => positions.get(waited) ?? 0) });
  };
  for (const index of steps.keys()) place(index);
  return { fetches };
}
