/**
 * The subgraph responsible for a field that was not requested. Where an entity lacks a field that a fetch requires, the
 * fetch omits the entity: the subgraph that did not return the required field is named in the error, not the one that
 * would have returned the missing field. Used only for the error of a null in a non-null place.
 */
import type { RequiredSelection } from '../../planning/index.ts';
import type { CompiledPlan } from '../compile/compile-plan.ts';
import { type DataObject, type DataPath, isDataObject, isOfType, type TypeMemberships } from '../data/data.ts';
import { fieldSource } from './field-source.ts';

/** The longest chain of requirements that is followed; no plan is as deep. */
const maxSteps = 50;

/** @returns the subgraph that returned the value at the path, or should have; undefined where there are several */
export function missingSource(
  plan: CompiledPlan,
  types: TypeMemberships,
  data: DataObject,
  path: DataPath,
): string | undefined {
  let place = path;
  for (let step = 0; step < maxSteps; step++) {
    const missing = missingRequirement(plan, types, data, place);
    if (missing === undefined) break;
    place = missing;
  }
  return fieldSource(plan, place);
}

/** @returns the place of the first missing field that the fetch of the field at `path` requires */
function missingRequirement(
  { fetches }: CompiledPlan,
  types: TypeMemberships,
  data: DataObject,
  path: DataPath,
): DataPath | undefined {
  // The path may lead below the field that a fetch returns.
  for (let length = path.length; length > 0; length--) {
    const key = path[length - 1];
    if (typeof key !== 'string') continue;
    const owner = path.slice(0, length - 1);
    const entity = valueAt(data, owner);
    if (!isDataObject(entity) || (entity[key] !== undefined && length < path.length)) continue;
    if (entity[key] !== undefined) return undefined;
    const pattern = owner.map((step) => (typeof step === 'number' ? '@' : step)).join('.');
    for (const fetch of fetches) {
      if (fetch.kind !== 'entities') continue;
      for (const { gives, targets } of fetch.fields) {
        if (!gives.includes(key)) continue;
        for (const { pathKey, requires } of targets) {
          if (pathKey !== pattern) continue;
          const missing = missingOf(types, requires, entity, owner);
          if (missing !== undefined) return missing;
        }
      }
    }
  }
  return undefined;
}

function missingOf(
  types: TypeMemberships,
  requires: readonly RequiredSelection[],
  value: unknown,
  place: DataPath,
): DataPath | undefined {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const missing = missingOf(types, requires, value[index], [...place, index]);
      if (missing !== undefined) return missing;
    }
    return undefined;
  }
  if (!isDataObject(value)) return undefined;
  for (const selection of requires) {
    if (selection.kind === 'on') {
      const applies = selection.type === undefined || isOfType(types, value.__typename, selection.type);
      const missing = applies ? missingOf(types, selection.selections, value, place) : undefined;
      if (missing !== undefined) return missing;
      continue;
    }
    const inner = value[selection.key];
    const at = [...place, selection.key];
    if (inner === undefined) return at;
    const missing = selection.selections === undefined ? undefined : missingOf(types, selection.selections, inner, at);
    if (missing !== undefined) return missing;
  }
  return undefined;
}

function valueAt(root: DataObject, path: DataPath): unknown {
  let value: unknown = root;
  for (const step of path) {
    if (typeof step === 'number') value = Array.isArray(value) ? value[step] : undefined;
    else value = isDataObject(value) ? value[step] : undefined;
  }
  return value;
}
