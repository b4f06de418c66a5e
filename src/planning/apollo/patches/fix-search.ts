/**
 * Bounds the search of Apollo's planner where it stands, and gives the planner so bounded.
 *
 * Its only bounds are a number of plans, which it comes to after all their ways have been found, and one on ways that
 * ends planning with an error. Ways multiply in functions that are not exported, so their source is changed as it is
 * loaded: in three places, each of which must be there exactly once, so that another version of the package is noticed
 * by the first test and not by the first operation. The changed module takes the place of its exports; who has the
 * classes from before keeps them.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { compileFunction } from 'node:vm';
import type { QueryPlanner as ApolloQueryPlanner } from '@apollo/query-planner';
import { invariant } from '../../../lib/index.ts';
import { chooseWays, combineWays, type Way } from '../choose-ways.ts';
import { type FoundPlan, followBest, type PlanSearch } from '../follow-best.ts';
import { searchBounds, step } from '../search-bounds.ts';

type Exports = Record<string, unknown>;

/** What the changed source calls. */
const hooks = {
  step,
  combine: (lists: readonly (readonly Way[])[]): Way[] | undefined =>
    combineWays(lists, searchBounds()?.maxWays ?? Number.POSITIVE_INFINITY),
  choose: (options: readonly { readonly paths: Way }[]): readonly unknown[] =>
    chooseWays(options, searchBounds()?.maxWays ?? Number.POSITIVE_INFINITY, ({ paths }) => paths),
  follow: (search: PlanSearch<unknown, unknown>): FoundPlan<unknown> | undefined => followBest(search),
};

const load = createRequire(createRequire(import.meta.url).resolve('@apollo/query-planner'));

change('@apollo/query-graphs/dist/graphPath.js', [
  [
    'function flatCartesianProduct(arr) {',
    ' const bounded = hooks.combine(arr); if (bounded !== undefined) return bounded;',
  ],
  [
    'function advanceSimultaneousPathsWithOperation(supergraphSchema, subgraphSimultaneousPaths, operation, overrideConditions) {',
    ' hooks.step();',
  ],
]);
change('./generateAllPlans.js', [
  [
    'function generateAllPlansAndFindBest({ initial, toAdd, addFct, costFct, onPlan = () => { }, }) {',
    ' const followed = hooks.follow({ initial, toAdd, addFct, costFct }); if (followed !== undefined) return followed;',
  ],
  ['while (stack.length > 0) {', ' hooks.step();'],
]);
change('./buildPlan.js', [
  ['newOptions = newOptions.concat(followupForOption);', ' newOptions = hooks.choose(newOptions);'],
  ['process(processor, rootKind) {', ' hooks.step();'],
]);

/** @param insertions a text that stands in the module once, and what follows it from now on */
function change(module: string, insertions: readonly (readonly [after: string, inserted: string])[]): void {
  const file = load.resolve(module);
  const exports = load(file) as Exports;
  let source = readFileSync(file, 'utf8');
  for (const [after, inserted] of insertions) {
    invariant(source.split(after).length === 2, `${module} has ${after} once`);
    source = source.replace(after, () => after + inserted);
  }
  const changed = { exports: {} as Exports };
  const run = compileFunction(source, ['exports', 'require', 'module', '__filename', '__dirname', 'hooks'], {
    filename: file,
  });
  run(changed.exports, createRequire(file), changed, file, dirname(file), hooks);
  for (const [name, value] of Object.entries(changed.exports)) exports[name] = value;
}

// Imported as usual, it would be the one that was there when its module was first loaded.
export const { QueryPlanner } = load('@apollo/query-planner') as { readonly QueryPlanner: typeof ApolloQueryPlanner };
export type QueryPlanner = ApolloQueryPlanner;
