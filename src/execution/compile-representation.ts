/**
 * Compiles what a fetch requires into functions that write an entity's representation as JSON text. The text is both
 * the key by which equal entities are asked for once and what is sent, so nothing is printed twice.
 */
import type { RequiredSelection, Rewrite } from '../planning/index.ts';
import { type DataObject, isDataObject, isOfType, type TypeMemberships } from './data.ts';
import { rewriteData } from './rewrite-data.ts';

/** @returns undefined where a required field is missing: the entity is then not asked for */
export type WriteRepresentation = (entity: DataObject) => string | undefined;

export function compileRepresentation(
  types: TypeMemberships,
  requires: readonly RequiredSelection[],
  rewrites: readonly Rewrite[],
): WriteRepresentation {
  const write = compileSelections(types, requires);
  const named: WriteRepresentation = (entity) => (typeof entity.__typename === 'string' ? write(entity) : undefined);
  if (rewrites.length === 0) return named;
  return (entity) => {
    const text = named(entity);
    if (text === undefined) return undefined;
    const representation: unknown = JSON.parse(text);
    rewriteData(types, rewrites, representation);
    return JSON.stringify(representation);
  };
}

interface FieldWriter {
  readonly key: string;
  readonly prefix: string;
  readonly write: (value: unknown) => string | undefined;
}

/** One list of fields per type that is met: type conditions are decided once per type, not per entity. */
function compileSelections(types: TypeMemberships, selections: readonly RequiredSelection[]): WriteRepresentation {
  const fieldsOf = new Map<unknown, readonly FieldWriter[]>();
  return (entity) => {
    const typeName = entity.__typename;
    let fields = fieldsOf.get(typeName);
    if (fields === undefined) {
      fields = compileFields(types, selections, typeName);
      fieldsOf.set(typeName, fields);
    }
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
}

function compileFields(
  types: TypeMemberships,
  selections: readonly RequiredSelection[],
  typeName: unknown,
): FieldWriter[] {
  const merged = new Map<string, RequiredSelection[] | undefined>();
  const collect = (list: readonly RequiredSelection[]): void => {
    for (const selection of list) {
      if (selection.kind === 'on') {
        if (selection.type === undefined || isOfType(types, typeName, selection.type)) collect(selection.selections);
      } else {
        const known = merged.get(selection.key);
        if (selection.selections === undefined) merged.set(selection.key, known);
        else merged.set(selection.key, [...(known ?? []), ...selection.selections]);
      }
    }
  };
  collect(selections);
  return [...merged].map(([key, inner], index) => ({
    key,
    prefix: `${index === 0 ? '' : ','}${JSON.stringify(key)}:`,
    write: inner === undefined ? JSON.stringify : compileValue(compileSelections(types, inner)),
  }));
}

function compileValue(write: WriteRepresentation): (value: unknown) => string | undefined {
  return function writeValue(value: unknown): string | undefined {
    if (value === null) return 'null';
    if (isDataObject(value)) return write(value);
    if (!Array.isArray(value)) return undefined;
    const items: string[] = [];
    for (const item of value) {
      const written = writeValue(item);
      if (written === undefined) return undefined;
      items.push(written);
    }
    return `[${items.join(',')}]`;
  };
}
