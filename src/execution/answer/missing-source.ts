/**
 * Who is to blame for a field that nobody was asked for. What a fetch requires may be missing from an entity: then the
 * entity is left out of it, and the subgraph that did not give the required field is the one to name, not the one that
 * would have given what is missing now. Followed only for the error of a null that may not be one.
 */
import type { RequiredSelection } from '../../planning/index.ts';
import type { CompiledPlan } from '../compile/compile-plan.ts';
import { type DataObject, type DataPath, isDataObject, isOfType, type TypeMemberships } from '../data/data.ts';
import { fieldSource } from './field-source.ts';

/** Requirements of requirements that are followed; no plan is as deep. */
const mostSteps = 50;

/** @returns the subgraph that gave the value at the path, or should have; undefined where that is not one alone */
export function missingSource(
  plan: CompiledPlan,
  types: TypeMemberships,
  data: DataObject,
  path: DataPath,
): string | undefined {
  let place = path;
  for (let step = 0; step < mostSteps; step++) {
    const missing = missingRequirement(plan, types, data, place);
    if (missing === undefined) break;
    place = missing;
  }
  return fieldSource(plan, place);
}

/** @returns the place of the first field that the fetch of the one at `path` requires and that is not there */
function missingRequirement(
  { fetches }: CompiledPlan,
  types: TypeMemberships,
  data: DataObject,
  path: DataPath,
): DataPath | undefined {
  // What is at fault may stand below the field that a fetch gives.
  for (let length = path.length; length > 0; length--) {
    const key = path[length - 1];
    if (typeof key !== 'string') continue;
    const owner = path.slice(0, length - 1);
    const entity = valueAt(data, owner);
    if (!isDataObject(entity) || (entity[key] !== undefined && length < path.length)) continue;
    if (entity[key] !== undefined) return undefined;
    const pattern = owner.map((one) => (typeof one === 'number' ? '@' : one)).join('.');
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
  for (const one of requires) {
    if (one.kind === 'on') {
      const applies = one.type === undefined || isOfType(types, value.__typename, one.type);
      const missing = applies ? missingOf(types, one.selections, value, place) : undefined;
      if (missing !== undefined) return missing;
      continue;
    }
    const inner = value[one.key];
    const at = [...place, one.key];
    if (inner === undefined) return at;
    const missing = one.selections === undefined ? undefined : missingOf(types, one.selections, inner, at);
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
