/**
 * Merges a fetch's data into the operation's, without copying: values that are new are inserted as they are, so several
 * places of one entity share what was fetched once. Keys come from the normalised operation: the same key is the same
 * field with the same arguments everywhere. A field that was not requested from a subgraph never overwrites another's.
 */
import { maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject, type TypeMemberships } from './data.ts';
import type { DeniedNulls } from './denied-nulls.ts';
import { align } from './remaining-items.ts';

/**
 * @param requestedKeys the keys requested from the subgraph, without `__typename`; undefined: any, as below them
 * @param nulls those of denied objects, which stay known where they are merged into
 */
export function mergeData(
  types: TypeMemberships,
  target: DataObject,
  source: DataObject,
  requestedKeys: readonly string[] | undefined,
  nulls?: DeniedNulls | undefined,
  levels: number = maxValueDepth,
): void {
  nulls?.copy(source, target);
  if (levels === 0) return; // deeper than any selection: a custom scalar, which is refused when the answer is written
  for (const key in source) {
    // JSON may have it as an own key. In the target it is Object.prototype, which must not be merged into.
    if (key === '__proto__') continue;
    const value = source[key];
    const current = target[key];
    if (current === undefined) {
      target[key] = value;
    } else if (
      current === value ||
      (requestedKeys !== undefined && key !== '__typename' && !requestedKeys.includes(key))
    ) {
    } else if (isDataObject(current) && isDataObject(value)) {
      mergeData(types, current, value, undefined, nulls, levels - 1);
    } else if (Array.isArray(current) && Array.isArray(value) && align(current, value)) {
      mergeList(types, current, value, nulls, levels - 1);
    } else if (key === '__typename') {
      target[key] = narrowerType(types, current, value);
    } else if (value !== null || typeof current !== 'object') {
      target[key] = value;
    }
  }
}

function mergeList(
  types: TypeMemberships,
  target: unknown[],
  source: unknown[],
  nulls: DeniedNulls | undefined,
  levels: number,
): void {
  if (levels === 0) return;
  nulls?.copy(source, target);
  for (let index = 0; index < target.length; index++) {
    const [current, value] = [target[index], source[index]];
    if (isDataObject(current) && isDataObject(value)) mergeData(types, current, value, undefined, nulls, levels - 1);
    else if (Array.isArray(current) && Array.isArray(value) && align(current, value))
      mergeList(types, current, value, nulls, levels - 1);
    else if (value !== null) target[index] = value;
  }
}

/** A subgraph with an interface object names the interface as the type; another subgraph names the concrete type. */
function narrowerType(types: TypeMemberships, current: unknown, value: unknown): unknown {
  return typeof current === 'string' && typeof value === 'string' && types.get(current)?.has(value) === true
    ? current
    : value;
}
