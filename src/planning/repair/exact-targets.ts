/**
 * Finds the entity targets whose representations contain all fields of their objects at the time they are sent. Two such
 * objects at one path with equal representations can be merged without comparing them: every later fetch at that path
 * treats both alike too.
 */
import type { EntityTarget, RequiredSelection } from '../plan/operation-plan.ts';
import { pathOf, type Step, withoutLists } from '../plan/plan-step.ts';

export function markExactTargets(steps: Step[]): void {
  const marked = steps.map((step): Step => {
    const { fetch } = step;
    if (fetch.kind === 'root') return step;
    const fields = fetch.fields.map((field) => ({
      ...field,
      targets: field.targets.map((target) => ({ ...target, exact: isExact(steps, target) })),
    }));
    return { ...step, fetch: { ...fetch, fields } };
  });
  steps.splice(0, steps.length, ...marked);
}

function isExact(steps: readonly Step[], { path, requires, inputRewrites }: EntityTarget): boolean {
  if (inputRewrites.length > 0) return false;
  const keys = withoutLists(path);
  const place = `${keys.join('.')}.`;
  const leaves = new Set(['__typename', ...leavesOf(requires)]);
  return steps.every(({ fetch, gives }) => {
    const depths =
      fetch.kind === 'root'
        ? [withoutLists(pathOf(fetch)).length]
        : fetch.fields.flatMap((field) => field.targets.map((target) => withoutLists(target.path).length));
    // Fetches at this depth or below merge the same data into two equal objects; only fetches above can tell them apart.
    if (depths.every((depth) => depth >= keys.length)) return true;
    const provided = [...gives].filter((field) => field.startsWith(place) && !field.slice(place.length).includes('.'));
    const rewritten =
      fetch.kind === 'root'
        ? fetch.outputRewrites.length > 0
        : fetch.fields.some((field) => field.outputRewrites.length > 0);
    return provided.length === 0 || (!rewritten && provided.every((field) => leaves.has(field.slice(place.length))));
  });
}

function leavesOf(requires: readonly RequiredSelection[]): string[] {
  return requires.flatMap((selection) => {
    if (selection.kind === 'on') return leavesOf(selection.selections);
    return selection.selections === undefined ? [selection.key] : [];
  });
}
