/**
 * Patches a defect of Apollo's planner; importing this file applies the patch.
 *
 * As its last step, the planner merges fetches of one subgraph that have the same inputs, without checking which of them
 * waits for the other (`mergeFetchesToSameSubgraphAndSameInputs`). If a fetch is merged with one that it waits for
 * through others, the result depends on itself: the planner fails with "adding it as parent would create a cycle", and
 * does not detect a longer cycle. With this patch two such fetches are not merged; merge-fetches.ts may merge them with
 * others.
 */
import { MultiMap } from '@apollo/federation-internals';

/** The part of the planner's class, which is not exported, that is used here. */
interface FetchGroup {
  isDescendantOf(group: FetchGroup): boolean;
  mergeInWithAllDependencies(group: FetchGroup): void;
}

const { add } = MultiMap.prototype;

// The first fetch group that the planner adds to a multimap gives access to its class.
MultiMap.prototype.add = function (this: MultiMap<unknown, unknown>, key: unknown, value: unknown) {
  if (isFetchGroup(value)) {
    patchMerging(Object.getPrototypeOf(value) as FetchGroup);
    MultiMap.prototype.add = add;
  }
  return add.call(this, key, value);
};

function isFetchGroup(value: unknown): value is FetchGroup {
  return value !== null && typeof value === 'object' && 'mergeInWithAllDependencies' in value;
}

function patchMerging(prototype: FetchGroup): void {
  const merge = prototype.mergeInWithAllDependencies;
  prototype.mergeInWithAllDependencies = function (this: FetchGroup, group: FetchGroup): void {
    if (!this.isDescendantOf(group)) merge.call(this, group);
  };
}
