/**
 * Writes neighbouring fields of an object by one call of `JSON.stringify`: a call for each value, and the text joined of
 * them, took half of the time of writing a list of 5,000 entities (11.4 ms, now 6).
 *
 * Only plain values go this way: those of their field's own type, which are written as they are. Wherever one is not
 * (null where it must not be, a number as text, an object nobody selected), the fields are written one by one, with
 * coercion and errors. The function that takes the values is compiled from source, which is what makes it fast: names in
 * it are GraphQL names, printed as JSON. It is compiled for objects that are written often, and where the runtime allows it
 * (`--disallow-code-generation-from-strings`).
 */
import { type DataObject, isDataObject } from '../data/data.ts';
import type { FieldShape, ObjectShapes, PlainType } from './object-shape.ts';

/** @returns the values under the response keys; undefined where one is not plain */
type TakePlain = (data: DataObject) => object | undefined;

/** How many more objects may be taken with the one that is being written. */
let remainingObjects = 0;

/** Neighbouring fields of an object, in order. */
export interface FieldGroup {
  readonly fields: readonly FieldShape[];
  /** Undefined where the fields are written one by one. */
  readonly take: TakePlain | undefined;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** Objects with more objects in them are written field by field, so that no text is long. */
const maxObjects = 200;
/** Below that, writing a field by itself is as fast. */
const fewestFields = 2;

/**
 * @param withObjects whether objects are taken with the object they are in: not where some are at several places, whose
 *   text is written once
 */
export function groupFields(fields: readonly FieldShape[], withObjects: boolean): readonly FieldGroup[] {
  const groups: { fields: FieldShape[]; isPlain: boolean }[] = [];
  for (const field of fields) {
    const isPlain =
      field.plain !== undefined && (withObjects || field.plain.kind === 'leaf') && field.responseKey !== '__proto__';
    const last = groups.at(-1);
    if (last?.isPlain === isPlain) last.fields.push(field);
    else groups.push({ fields: [field], isPlain });
  }
  return groups.map((group, index) => ({
    fields: group.fields,
    take: group.isPlain && group.fields.length >= fewestFields ? compile(group.fields) : undefined,
    isFirst: index === 0,
    isLast: index === groups.length - 1,
  }));
}

function compile(fields: readonly FieldShape[]): TakePlain | undefined {
  const checks: ((value: unknown) => unknown)[] = [];
  let body = '';
  let members = '';
  for (const [index, { dataKey, responseKey, nonNull, plain, constant }] of fields.entries()) {
    const value = `v${index}`;
    members += `${JSON.stringify(responseKey)}:${value},`;
    if (constant !== undefined) {
      body += `const ${value}=${JSON.stringify(constant)};`;
      continue;
    }
    const orNull = nonNull ? '' : `${value}!==null&&`;
    body += `let ${value}=data[${JSON.stringify(dataKey)}];`;
    if (!nonNull) body += `if(${value}===undefined)${value}=null;`;
    if (plain?.kind === 'leaf' && plain.source !== undefined) {
      body += `if(${orNull}!(${plain.source.replaceAll('$', value)}))return;`;
    } else if (plain?.kind === 'leaf') {
      body += `if(${orNull}!checks[${checks.push(plain.accepts) - 1}](${value}))return;`;
    } else if (plain !== undefined) {
      const take = `${value}=checks[${checks.push(plain.take) - 1}](${value})`;
      body += `${nonNull ? '' : `if(${value}!==null)`}if((${take})===undefined)return;`;
    }
  }
  try {
    return new Function('checks', `return(data)=>{${body}return{${members}};}`)(checks) as TakePlain;
  } catch {
    return undefined;
  }
}

/** @returns the group's part of the object's JSON text; undefined where a value is not plain */
export function plainText({ take, isFirst, isLast }: FieldGroup, data: DataObject): string | undefined {
  if (take === undefined) return undefined;
  remainingObjects = maxObjects;
  const values = take(data);
  if (values === undefined) return undefined;
  const text = JSON.stringify(values);
  if (isFirst) return isLast ? text : text.slice(0, -1);
  return `,${isLast ? text.slice(1) : text.slice(1, -1)}`;
}

/** The same for an answer whose text is dropped: nothing of it is made. */
export function droppedText({ take }: FieldGroup, data: DataObject): string | undefined {
  remainingObjects = maxObjects;
  return take?.(data) === undefined ? undefined : '';
}

/** How a list is taken: its items have to be plain. */
export function plainList(item: PlainType | undefined, nonNull: boolean): PlainType | undefined {
  if (item === undefined) return undefined;
  if (item.kind === 'leaf') {
    const { accepts } = item;
    const isPlain = nonNull ? accepts : (value: unknown): boolean => value === null || accepts(value);
    return {
      kind: 'leaf',
      source: undefined,
      accepts: (list) => Array.isArray(list) && list.length <= maxObjects && list.every(isPlain),
    };
  }
  const { take } = item;
  return {
    kind: 'object',
    take(list) {
      if (!Array.isArray(list)) return undefined;
      remainingObjects -= list.length;
      if (remainingObjects < 0) return undefined;
      const items: unknown[] = [];
      for (const value of list as readonly unknown[]) {
        const plainItem = value === null && !nonNull ? null : take(value);
        if (plainItem === undefined) return undefined;
        items.push(plainItem);
      }
      return items;
    },
  };
}

/** How an object is taken: all of its fields have to be plain. */
export function plainObject(shapeOf: ObjectShapes['shapeOf']): PlainType {
  return {
    kind: 'object',
    take(value) {
      if (!isDataObject(value)) return undefined;
      const group = shapeOf(value.__typename)?.groups(true)?.[0];
      return group?.isLast === true ? group.take?.(value) : undefined;
    },
  };
}
