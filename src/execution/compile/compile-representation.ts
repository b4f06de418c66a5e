/**
 * Compiles what a fetch requires into functions that write an entity's representation as JSON text. The text is both
 * the key by which equal entities are asked for once and what is sent, so nothing is printed twice.
 */
import { parseExactJson } from '../../lib/index.ts';
import type { RequiredSelection, Rewrite } from '../../planning/index.ts';
import { isWithinDepth, maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject, isOfType, type TypeMemberships } from '../data/data.ts';
import { rewriteData } from '../data/rewrite-data.ts';

export interface WriteRepresentation {
  /** @returns undefined where a required field is missing: the entity is then not asked for */
  (entity: DataObject): string | undefined;
  /**
   * The one field that a representation of this type has besides the type: objects of one type whose values of it are
   * equal strings have equal representations, which need not be written to find that out. Undefined where there is
   * nothing of the kind.
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
  const named = (entity: DataObject) => (typeof entity.__typename === 'string' ? write(entity) : undefined);
  if (rewrites.length === 0) return Object.assign(named, { keyOf });
  const rewritten = (entity: DataObject): string | undefined => {
    const text = named(entity);
    if (text === undefined) return undefined;
    const representation = parseExactJson(text);
    rewriteData(types, rewrites, representation);
    return JSON.stringify(representation);
  };
  return Object.assign(rewritten, { keyOf: () => undefined });
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

/** One list of fields per type that is met: type conditions are decided once per type, not per entity. */
function compileSelections(types: TypeMemberships, selections: readonly RequiredSelection[]) {
  const known = new Map<unknown, TypeFields>();
  const fieldsOf = (typeName: unknown): TypeFields => {
    let found = known.get(typeName);
    if (found === undefined) {
      found = compileFields(types, selections, typeName);
      known.set(typeName, found);
    }
    return found;
  };
  const write = (entity: DataObject): string | undefined => {
    const { fields } = fieldsOf(entity.__typename);
    if (fields.length === 0) return undefined;
    let text = '{';
    for (const field of fields) {
      const value = entity[field.key];
      if (value === undefined) return undefined;
      const written = field.write(value);
      if (written === undefined) return undefined;
      text += field.prefix + written;
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
        const known = merged.get(selection.key);
        names.set(selection.key, selection.as ?? selection.key);
        if (selection.selections === undefined) merged.set(selection.key, known);
        else merged.set(selection.key, [...(known ?? []), ...selection.selections]);
      }
    }
  };
  collect(selections);
  const fields = [...merged].map(([key, inner], index) => ({
    key,
    prefix: `${index === 0 ? '' : ','}${JSON.stringify(names.get(key))}:`,
    write: inner === undefined ? writeLeaf : compileValue(compileSelections(types, inner).write),
  }));
  const others = [...merged].filter(([key]) => key !== '__typename');
  const [only] = others;
  return { fields, onlyKey: others.length === 1 && only !== undefined && only[1] === undefined ? only[0] : undefined };
}

/** A custom scalar may be an object: one that is too deep to print counts as missing. */
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
      const written = writeValue(item, levels - 1);
      if (written === undefined) return undefined;
      items.push(written);
    }
    return `[${items.join(',')}]`;
  }
}
