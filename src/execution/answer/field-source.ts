/** Which subgraph a field's value came from: named in the error of a value that does not fit its type. */
import type { CompiledPlan } from '../compile/compile-plan.ts';
import type { DataPath } from '../data/data.ts';
import { covers } from '../run/failure.ts';

/** @returns the subgraph that returned the value nearest to the path; undefined where several returned it */
export function fieldSource({ fetches }: CompiledPlan, path: DataPath): string | undefined {
  let longest = 0;
  let source: string | undefined;
  for (const fetch of fetches) {
    const bases =
      fetch.kind === 'root'
        ? [fetch]
        : fetch.fields.flatMap(({ targets, gives }) => targets.map((target) => ({ path: target.path, gives })));
    for (const { path: base, gives } of bases) {
      const length = base.length + 1;
      if (length < longest || length > path.length) continue;
      if (!gives.some((key) => covers([[...base, key]], path))) continue;
      source = length === longest && source !== fetch.subgraph ? undefined : fetch.subgraph;
      longest = length;
    }
  }
  return source;
}
