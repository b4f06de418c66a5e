/**
 * Finds the entity targets whose representations say all that their objects hold when they arrive. Of two such objects
 * at one path with one representation, one can stand for both without comparing them: every later fetch at that path
 * has treated both alike too.
 */
import type { EntityTarget, PlannedFetch, RequiredSelection } from '../plan/operation-plan.ts';

/** A fetch with the `path.key` of every field it gives, `@` steps left out. */
export interface GivingFetch {
  readonly fetch: PlannedFetch;
  readonly gives: ReadonlySet<string>;
}

export function markExactTargets(steps: readonly GivingFetch[]): PlannedFetch[] {
  return steps.map(({ fetch }) => {
    if (fetch.kind === 'root') return fetch;
    const fields = fetch.fields.map((field) => ({
      ...field,
      targets: field.targets.map((target) => ({ ...target, exact: isExact(steps, target) })),
    }));
    return { ...fetch, fields };
  });
}

function isExact(steps: readonly GivingFetch[], { path, requires, inputRewrites }: EntityTarget): boolean {
  if (inputRewrites.length > 0) return false;
  const keys = path.filter((step) => step !== '@');
  const place = `${keys.join('.')}.`;
  const leaves = new Set(['__typename', ...leavesOf(requires)]);
  return steps.every(({ fetch, gives }) => {
    const depths =
      fetch.kind === 'root'
        ? [depthOf(fetch.path)]
        : fetch.fields.flatMap((field) => field.targets.map((target) => depthOf(target.path)));
    // What other fetches bring to the objects themselves comes to both of two alike; only how they arrive counts.
    if (depths.every((depth) => depth >= keys.length)) return true;
    const given = [...gives].filter((one) => one.startsWith(place) && !one.slice(place.length).includes('.'));
    const rewritten =
      fetch.kind === 'root'
        ? fetch.outputRewrites.length > 0
        : fetch.fields.some((field) => field.outputRewrites.length > 0);
    return given.length === 0 || (!rewritten && given.every((one) => leaves.has(one.slice(place.length))));
  });
}

function depthOf(path: readonly string[]): number {
  return path.filter((step) => step !== '@').length;
}

function leavesOf(requires: readonly RequiredSelection[]): string[] {
  return requires.flatMap((one) =>
    one.kind === 'on' ? leavesOf(one.selections) : one.selections === undefined ? [one.key] : [],
  );
}
