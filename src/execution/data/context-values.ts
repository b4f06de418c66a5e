/** @fromContext: the values that arguments take from an entity's ancestors. Used only for plans that have them. */
import type { ContextValue } from '../../planning/index.ts';
import { isWithinDepth, maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject, isOfType, type TypeMemberships } from './data.ts';

export interface VariableValue {
  readonly variable: string;
  readonly value: unknown;
  /** `"variable":json`. */
  readonly member: string;
}

export interface EntityInContext {
  readonly entity: DataObject;
  readonly values: readonly VariableValue[];
}

const condition = '... on ';

export function contextValues(
  types: TypeMemberships,
  root: DataObject,
  path: readonly string[],
  values: readonly ContextValue[],
): EntityInContext[] {
  const entities: EntityInContext[] = [];
  const ancestors: DataObject[] = [];
  walk(root, 0, maxValueDepth);
  return entities;

  function walk(value: unknown, depth: number, levels: number): void {
    if (levels === 0) return;
    if (Array.isArray(value)) {
      for (const item of value) walk(item, depth + (path[depth] === '@' ? 1 : 0), levels - 1);
      return;
    }
    if (!isDataObject(value)) return;
    if (depth === path.length) {
      entities.push({ entity: value, values: values.flatMap((contextValue) => read(contextValue, value)) });
      return;
    }
    ancestors.push(value);
    walk(value[path[depth] as string], depth + 1, levels - 1);
    ancestors.pop();
  }

  function read({ path: from, variable }: ContextValue, entity: DataObject): VariableValue[] {
    const ups = from.filter((step) => step === '..').length;
    const chain = [...ancestors, entity];
    let value: unknown = chain[chain.length - 1 - ups];
    for (const step of from.slice(ups)) {
      if (!isDataObject(value)) return [];
      if (!step.startsWith(condition)) value = value[step];
      else if (value.__typename !== undefined && !isOfType(types, value.__typename, step.slice(condition.length)))
        return [];
    }
    if (value === undefined || !isWithinDepth(value)) return [];
    return [{ variable, value, member: `"${variable}":${JSON.stringify(value)}` }];
  }
}
