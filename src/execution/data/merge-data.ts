/**
 * Puts what a fetch gave into the data, without copying: what the data has not yet is taken over as it is, so two
 * places of one entity share what was fetched for it once. Keys are decided by the normalised operation, so the same
 * key is the same field with the same arguments wherever it stands. What a subgraph was not asked for never takes the
 * place of what another gave.
 */
import { maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject, type TypeMemberships } from './data.ts';

/** @param asked the keys that the subgraph was asked for, `__typename` aside; nothing is known of what is nested */
export function mergeData(
  types: TypeMemberships,
  target: DataObject,
  source: DataObject,
  asked: readonly string[] | undefined,
  levels: number = maxValueDepth,
): void {
  if (levels === 0) return; // deeper than any selection: a custom scalar that is refused when it is written
  for (const key in source) {
    // JSON may have it as a key of its own; reading it from the target gives Object.prototype, and would merge into that.
    if (key === '__proto__') continue;
    const value = source[key];
    const known = target[key];
    if (known === undefined) {
      target[key] = value;
    } else if (known === value || (asked !== undefined && key !== '__typename' && !asked.includes(key))) {
    } else if (isDataObject(known) && isDataObject(value)) {
      mergeData(types, known, value, undefined, levels - 1);
    } else if (Array.isArray(known) && Array.isArray(value) && known.length === value.length) {
      mergeList(types, known, value, levels - 1);
    } else if (key === '__typename') {
      target[key] = narrowerType(types, known, value);
    } else if (value !== null || typeof known !== 'object') {
      target[key] = value;
    }
  }
}

function mergeList(types: TypeMemberships, target: unknown[], source: readonly unknown[], levels: number): void {
  if (levels === 0) return;
  for (let index = 0; index < target.length; index++) {
    const [known, value] = [target[index], source[index]];
    if (isDataObject(known) && isDataObject(value)) mergeData(types, known, value, undefined, levels - 1);
    else if (Array.isArray(known) && Array.isArray(value) && known.length === value.length)
      mergeList(types, known, value, levels - 1);
    else if (value !== null) target[index] = value;
  }
}

/** A subgraph with an interface object names the interface; the object's own type is what another one says. */
function narrowerType(types: TypeMemberships, known: unknown, value: unknown): unknown {
  return typeof known === 'string' && typeof value === 'string' && types.get(known)?.has(value) === true
    ? known
    : value;
}
