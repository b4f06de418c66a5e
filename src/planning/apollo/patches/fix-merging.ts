/**
 * Mends a defect of Apollo's planner where it stands; loading this file is all there is to do.
 *
 * Last of all, the planner merges fetches of one subgraph that have the same inputs, one into the other without asking
 * which of them waits for which (`mergeFetchesToSameSubgraphAndSameInputs`). Where a fetch takes in one that it waits
 * for through others, these wait for it and it for them: the planner stops with "adding it as parent would create a
 * cycle", and does not even notice a longer circle. With this, such two stay apart: each still asks for what it asked
 * for, and merge-fetches.ts may join them to others.
 */
import { MultiMap } from '@apollo/federation-internals';

/** What is used here of the planner's own class, which it does not export. */
interface FetchGroup {
  isDescendantOf(other: FetchGroup): boolean;
  mergeInWithAllDependencies(other: FetchGroup): void;
}

const { add } = MultiMap.prototype;

// The first fetch to be sorted for merging shows its class.
MultiMap.prototype.add = function (this: MultiMap<unknown, unknown>, key: unknown, value: unknown) {
  if (isFetchGroup(value)) {
    mend(Object.getPrototypeOf(value) as FetchGroup);
    MultiMap.prototype.add = add;
  }
  return add.call(this, key, value);
};

function isFetchGroup(value: unknown): value is FetchGroup {
  return value !== null && typeof value === 'object' && 'mergeInWithAllDependencies' in value;
}

function mend(prototype: FetchGroup): void {
  const merge = prototype.mergeInWithAllDependencies;
  prototype.mergeInWithAllDependencies = function (this: FetchGroup, other: FetchGroup): void {
    if (!this.isDescendantOf(other)) merge.call(this, other);
  };
}
