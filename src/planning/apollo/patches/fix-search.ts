/**
 * Patches the search of Apollo's planner with the bounds of search-bounds.ts, and exports the patched planner.
 *
 * The planner only bounds the number of plans, after all their ways have been found, and the number of ways, by failing.
 * Ways multiply in functions that are not exported, so the source of three modules is changed when it is loaded. Each
 * patched text must occur exactly once, so that an incompatible version of the package fails the first test and not the
 * first operation. The exports of the original modules are replaced; modules that imported the original classes before
 * keep them.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction } from 'node:vm';
import type { QueryPlanner as ApolloQueryPlanner } from '@apollo/query-planner';
import { invariant } from '../../../lib/index.ts';
import { chooseWays, combineWays, type Way } from '../choose-ways.ts';
import { followBest, type PlanCandidate, type PlanSearch } from '../follow-best.ts';
import { searchBounds, step } from '../search-bounds.ts';

type Exports = Record<string, unknown>;

/** The functions that the changed source calls. */
const hooks = {
  step,
  combine: (lists: readonly (readonly Way[])[]): Way[] | undefined =>
    combineWays(lists, searchBounds()?.maxWays ?? Number.POSITIVE_INFINITY),
  choose: (options: readonly { readonly paths: Way }[]): readonly unknown[] =>
    chooseWays(options, searchBounds()?.maxWays ?? Number.POSITIVE_INFINITY, ({ paths }) => paths),
  follow: (search: PlanSearch<unknown, unknown>): PlanCandidate<unknown> | undefined => followBest(search),
};

const load = createRequire(createRequire(import.meta.url).resolve('@apollo/query-planner'));

patchModule('@apollo/query-graphs/dist/graphPath.js', [
  [
    'function flatCartesianProduct(arr) {',
    ' const bounded = hooks.combine(arr); if (bounded !== undefined) return bounded;',
  ],
  [
    'function advanceSimultaneousPathsWithOperation(supergraphSchema, subgraphSimultaneousPaths, operation, overrideConditions) {',
    ' hooks.step();',
  ],
]);
patchModule('./generateAllPlans.js', [
  [
    'function generateAllPlansAndFindBest({ initial, toAdd, addFct, costFct, onPlan = () => { }, }) {',
    ' const followed = hooks.follow({ initial, toAdd, addFct, costFct }); if (followed !== undefined) return followed;',
  ],
  ['while (stack.length > 0) {', ' hooks.step();'],
]);
patchModule('./buildPlan.js', [
  ['newOptions = newOptions.concat(followupForOption);', ' newOptions = hooks.choose(newOptions);'],
  ['process(processor, rootKind) {', ' hooks.step();'],
]);

/** @param insertions a text that occurs once in the module, and the code to insert after it */
function patchModule(module: string, insertions: readonly (readonly [after: string, inserted: string])[]): void {
  const file = load.resolve(module);
  const exports = load(file) as Exports;
  let source = readFileSync(file, 'utf8');
  for (const [after, inserted] of insertions) {
    invariant(source.split(after).length === 2, `${module} has ${after} once`);
    source = source.replace(after, () => after + inserted);
  }
  const patched = { exports: {} as Exports };
  const run = compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname', 'hooks'], {
    filename: file,
  });
  run(patched.exports, createRequire(file), patched, file, dirname(file), hooks);
  for (const [name, value] of Object.entries(patched.exports)) exports[name] = value;
}

// A regular import would return the class from before the patch.
export const { QueryPlanner } = load('@apollo/query-planner') as { readonly QueryPlanner: typeof ApolloQueryPlanner };
export type QueryPlanner = ApolloQueryPlanner;
