/**
 * Compiles the required fields of a fetch into functions that make an entity's representation. Its JSON text is both the
 * key that makes equal entities one representation and what an HTTP subgraph is sent, so nothing is printed twice. An
 * in-process subgraph is handed the value.
 */
import { cloneJson, JsonLeaf, RestoredText } from '../../lib/index.ts';
import type { RequiredSelection, Rewrite } from '../../planning/index.ts';
import { isWithinDepth, maxValueDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject, isOfType, type TypeMemberships } from '../data/data.ts';
import { rewriteData } from '../data/rewrite-data.ts';

export interface CompiledRepresentation {
  /** @returns JSON text; undefined where a required field is missing: the entity is not requested */
  write(entity: DataObject): string | undefined;
  /** @returns the same as a value, which shares no object with the data */
  build(entity: DataObject): DataObject | undefined;
  /**
   * The only field of this type's representations besides `__typename`. Objects of one type whose values of it are equal
   * strings have equal representations, which need not be written to be compared. Undefined where there are more fields.
   */
  keyOf(typeName: unknown): string | undefined;
}

/**
 * @param withTypes whether objects within an entity say of which type they are, where the data does: what an in-process
 *   subgraph reads of them has the form of their type
 */
export function compileRepresentation(
  types: TypeMemberships,
  requires: readonly RequiredSelection[],
  rewrites: readonly Rewrite[],
  withTypes: boolean,
): CompiledRepresentation {
  const { write, build, fieldsOf } = compileSelections({ types, withTypes }, requires, true);
  if (rewrites.length === 0) {
    return {
      write: (entity) => (typeof entity.__typename === 'string' ? write(entity) : undefined),
      build: (entity) => (typeof entity.__typename === 'string' ? build(entity) : undefined),
      keyOf: (typeName) => (typeof typeName === 'string' ? fieldsOf(typeName).onlyKey : undefined),
    };
  }
  const buildRewritten = (entity: DataObject): DataObject | undefined => {
    const representation = typeof entity.__typename === 'string' ? build(entity) : undefined;
    if (representation !== undefined) rewriteData(types, rewrites, representation);
    return representation;
  };
  return {
    write: (entity) => JSON.stringify(buildRewritten(entity)),
    build: buildRewritten,
    keyOf: () => undefined,
  };
}

interface FieldWriter {
  readonly key: string;
  /** The field's name in the representation. */
  readonly name: string;
  /** The name as JSON text, with a colon, after a comma where it is not the first. */
  readonly prefix: string;
  /** The text with the prefix, where it is the same for all objects of the type. */
  readonly fixed: string | undefined;
  readonly write: (value: unknown) => string | undefined;
  readonly build: (value: unknown) => unknown;
}

interface TypeFields {
  readonly fields: readonly FieldWriter[];
  /** The one leaf besides `__typename`, where there is no other field. */
  readonly onlyKey: string | undefined;
}

interface Compiling {
  readonly types: TypeMemberships;
  readonly withTypes: boolean;
}

/**
 * One list of fields per type in the data: type conditions are decided once per type, not per entity.
 * @param isEntity whether an object of a type that nothing is selected of has no representation; within one, it is empty
 */
function compileSelections(compiling: Compiling, selections: readonly RequiredSelection[], isEntity: boolean) {
  const byType = new Map<unknown, TypeFields>();
  const fieldsOf = (typeName: unknown): TypeFields => {
    let fields = byType.get(typeName);
    if (fields === undefined) {
      fields = compileFields(compiling, selections, typeName, isEntity);
      byType.set(typeName, fields);
    }
    return fields;
  };
  const write = (entity: DataObject): string | undefined => {
    const { fields } = fieldsOf(entity.__typename);
    if (isEntity && fields.length === 0) return undefined;
    let text = '{';
    for (const field of fields) {
      if (field.fixed !== undefined) {
        text += field.fixed;
        continue;
      }
      const value = entity[field.key];
      if (value === undefined) return undefined;
      const json = field.write(value);
      if (json === undefined) return undefined;
      text += field.prefix + json;
    }
    return `${text}}`;
  };
  const build = (entity: DataObject): DataObject | undefined => {
    const { fields } = fieldsOf(entity.__typename);
    if (isEntity && fields.length === 0) return undefined;
    const object: DataObject = {};
    for (const field of fields) {
      const value = entity[field.key];
      if (value === undefined) return undefined;
      const inner = field.build(value);
      if (inner === undefined) return undefined;
      object[field.name] = inner;
    }
    return object;
  };
  return { write, build, fieldsOf };
}

function compileFields(
  compiling: Compiling,
  selections: readonly RequiredSelection[],
  typeName: unknown,
  isEntity: boolean,
): TypeFields {
  const { types, withTypes } = compiling;
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
  if (withTypes && !isEntity && typeof typeName === 'string') merged.set('__typename', undefined);
  const fields = [...merged].map(([key, inner], index): FieldWriter => {
    const name = names.get(key) ?? key;
    const prefix = `${index === 0 ? '' : ','}${JSON.stringify(name)}:`;
    const fixed = key === '__typename' && typeof typeName === 'string' ? prefix + JSON.stringify(typeName) : undefined;
    if (inner === undefined) return { key, name, prefix, fixed, write: writeLeaf, build: buildLeaf };
    const { write, build } = compileSelections(compiling, inner, false);
    return { key, name, prefix, fixed: undefined, write: compileWriteValue(write), build: compileBuildValue(build) };
  });
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

function buildLeaf(value: unknown): unknown {
  if (typeof value !== 'object') return value;
  // What only the client is shown is for no subgraph, whatever a copy has of it.
  if (value instanceof RestoredText) return value.text;
  return isWithinDepth(value) ? withReadTexts(cloneJson(value)) : undefined;
}

/** @param value a copy: it is changed */
function withReadTexts(value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof JsonLeaf) return value instanceof RestoredText ? value.text : value;
  const members = value as Record<string, unknown>;
  for (const key of Object.keys(members)) {
    const inner = members[key];
    if (inner !== null && typeof inner === 'object') members[key] = withReadTexts(inner);
  }
  return value;
}

function compileWriteValue(write: (entity: DataObject) => string | undefined): (value: unknown) => string | undefined {
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

function compileBuildValue(build: (entity: DataObject) => DataObject | undefined): (value: unknown) => unknown {
  return (value) => buildValue(value, maxValueDepth);

  function buildValue(value: unknown, levels: number): unknown {
    if (value === null) return null;
    if (isDataObject(value)) return build(value);
    if (!Array.isArray(value) || levels === 0) return undefined;
    const items: unknown[] = [];
    for (const item of value) {
      const inner = buildValue(item, levels - 1);
      if (inner === undefined) return undefined;
      items.push(inner);
    }
    return items;
  }
}
