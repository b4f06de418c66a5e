/** Applies a plan's rewrites to data sent or received. Rare (interface objects, conflicting types), so not compiled. */
import type { Rewrite } from '../../planning/index.ts';
import { maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject, isOfType, type TypeMemberships } from './data.ts';

const condition = '... on ';

/** Changes `data` in place. */
export function rewriteData(types: TypeMemberships, rewrites: readonly Rewrite[], data: unknown): void {
  for (const rewrite of rewrites) at(types, rewrite.path, data, rewrite, maxValueDepth);
}

function at(types: TypeMemberships, path: readonly string[], value: unknown, rewrite: Rewrite, levels: number): void {
  if (Array.isArray(value)) {
    // No path leads into lists nested this deep.
    if (levels > 0) for (const item of value) at(types, path, item, rewrite, levels - 1);
    return;
  }
  const [step, ...remaining] = path;
  if (!isDataObject(value) || step === undefined) return;
  if (step.startsWith(condition)) {
    // Without __typename the condition counts as true: the renamed key exists for that type only.
    const { __typename: typeName } = value;
    if (typeName === undefined || isOfType(types, typeName, step.slice(condition.length)))
      at(types, remaining, value, rewrite, levels);
  } else if (remaining.length > 0) {
    at(types, remaining, Object.hasOwn(value, step) ? value[step] : undefined, rewrite, levels);
  } else {
    apply(value, step, rewrite);
  }
}

function apply(owner: DataObject, key: string, rewrite: Rewrite): void {
  if (rewrite.kind === 'set') {
    owner[key] = rewrite.value;
  } else if (Object.hasOwn(owner, key)) {
    owner[rewrite.to] = owner[key];
    delete owner[key];
  }
}
