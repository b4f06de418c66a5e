/**
 * Compiles the required fields of a fetch into functions that write an entity's representation as JSON text. The text is
 * both the key that makes equal entities one representation and what is sent, so nothing is printed twice.
 */
import { parseExactJson } from '../../lib/index.ts';
import type { RequiredSelection, Rewrite } from '../../planning/index.ts';
import { isWithinDepth, maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject, isOfType, type TypeMemberships } from '../data/data.ts';
import { rewriteData } from '../data/rewrite-data.ts';

export interface WriteRepresentation {
  /** @returns undefined where a required field is missing: the entity is not requested */
  (entity: DataObject): string | undefined;
  /**
   * The only field of this type's representations besides `__typename`. Objects of one type whose values of it are equal
   * strings have equal representations, which need not be written to be compared. Undefined where there are more fields.
   */
  keyOf(typeName: unknown): string | undefined;
}

export function compileRepresentation(
  types: TypeMemberships,
  requires: readonly RequiredSelection[],
  rewrites: readonly Rewrite[],
): WriteRepresentation {
  const { write, fieldsOf } = compileSelections(types, requires);
  const keyOf = (typeName: unknown): string | undefined =>
    typeof typeName === 'string' ? fieldsOf(typeName).onlyKey : undefined;
  const writeTyped = (entity: DataObject) => (typeof entity.__typename === 'string' ? write(entity) : undefined);
  if (rewrites.length === 0) return Object.assign(writeTyped, { keyOf });
  const writeRewritten = (entity: DataObject): string | undefined => {
    const text = writeTyped(entity);
    if (text === undefined) return undefined;
    const representation = parseExactJson(text);
    rewriteData(types, rewrites, representation);
    return JSON.stringify(representation);
  };
  return Object.assign(writeRewritten, { keyOf: () => undefined });
}

interface FieldWriter {
  readonly key: string;
  readonly prefix: string;
  readonly write: (value: unknown) => string | undefined;
}

interface TypeFields {
  readonly fields: readonly FieldWriter[];
  /** The one leaf besides `__typename`, where there is no other field. */
  readonly onlyKey: string | undefined;
}

/** One list of fields per type in the data: type conditions are decided once per type, not per entity. */
function compileSelections(types: TypeMemberships, selections: readonly RequiredSelection[]) {
  const byType = new Map<unknown, TypeFields>();
  const fieldsOf = (typeName: unknown): TypeFields => {
    let fields = byType.get(typeName);
    if (fields === undefined) {
      fields = compileFields(types, selections, typeName);
      byType.set(typeName, fields);
    }
    return fields;
  };
  const write = (entity: DataObject): string | undefined => {
    const { fields } = fieldsOf(entity.__typename);
    if (fields.length === 0) return undefined;
    let text = '{';
    for (const field of fields) {
      const value = entity[field.key];
      if (value === undefined) return undefined;
      const json = field.write(value);
      if (json === undefined) return undefined;
      text += field.prefix + json;
    }
    return `${text}}`;
  };
  return { write, fieldsOf };
}

function compileFields(
  types: TypeMemberships,
  selections: readonly RequiredSelection[],
  typeName: unknown,
): TypeFields {
  const merged = new Map<string, RequiredSelection[] | undefined>();
  const names = new Map<string, string>();
  const collect = (list: readonly RequiredSelection[]): void => {
    for (const selection of list) {
      if (selection.kind === 'on') {
        if (selection.type === undefined || isOfType(types, typeName, selection.type)) collect(selection.selections);
      } else {
        const earlier = merged.get(selection.key);
        names.set(selection.key, selection.as ?? selection.key);
        if (selection.selections === undefined) merged.set(selection.key, earlier);
        else merged.set(selection.key, [...(earlier ?? []), ...selection.selections]);
      }
    }
  };
  collect(selections);
  const fields = [...merged].map(([key, inner], index) => ({
    key,
    prefix: `${index === 0 ? '' : ','}${JSON.stringify(names.get(key))}:`,
    write: inner === undefined ? writeLeaf : compileValue(compileSelections(types, inner).write),
  }));
  const besidesType = [...merged].filter(([key]) => key !== '__typename');
  const [only] = besidesType;
  return {
    fields,
    onlyKey: besidesType.length === 1 && only !== undefined && only[1] === undefined ? only[0] : undefined,
  };
}

/** A custom scalar may be an object: one nested too deep to be printed counts as missing. */
function writeLeaf(value: unknown): string | undefined {
  return typeof value !== 'object' || isWithinDepth(value) ? JSON.stringify(value) : undefined;
}

function compileValue(write: (entity: DataObject) => string | undefined): (value: unknown) => string | undefined {
  return (value) => writeValue(value, maxValueDepth);

  function writeValue(value: unknown, levels: number): string | undefined {
    if (value === null) return 'null';
    if (isDataObject(value)) return write(value);
    if (!Array.isArray(value) || levels === 0) return undefined;
    const items: string[] = [];
    for (const item of value) {
      const json = writeValue(item, levels - 1);
      if (json === undefined) return undefined;
      items.push(json);
    }
    return `[${items.join(',')}]`;
  }
}
