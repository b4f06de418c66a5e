/** The response keys under which fetches select what the policies of `@rows` read. */
import { type DocumentNode, type FieldNode, Kind, type SelectionNode, type SelectionSetNode } from 'graphql';
import { parseFieldSet } from '../plan/field-set.ts';
import { responseKeyOf } from '../plan/response-key.ts';

export interface RowKeys {
  /** A short key that no field of the supergraph has; one for each selection of a type. */
  keyOf(typeName: string, selection: string): string;
}

export function createRowKeys(supergraph: DocumentNode): RowKeys {
  const names = supergraph.definitions.flatMap((definition) =>
    definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION
      ? (definition.fields ?? []).map(({ name }) => name.value)
      : [],
  );
  let prefix = '_r';
  while (names.some((name) => name.startsWith(prefix))) prefix = `_${prefix}`;
  const keys = new Map<string, string>();
  return {
    keyOf(typeName, selection) {
      const at = `${typeName} ${selection}`;
      const key = keys.get(at) ?? `${prefix}${keys.size}`;
      keys.set(at, key);
      return key;
    },
  };
}

/** @param selection a field, with the fields of its object */
export function fieldNamed(selection: string): FieldNode {
  const [field] = parseFieldSet(selection).selections;
  if (field?.kind !== Kind.FIELD) throw new TypeError(`${selection} is not a field`);
  return field;
}

/**
 * The key under which the set selects a leaf of its objects already.
 * @param typeName of the set
 * @param on the type of the objects: the set's, or one of its members
 */
export function selectedKey(set: SelectionSetNode, typeName: string, on: string, field: FieldNode): string | undefined {
  if (field.selectionSet !== undefined) return undefined;
  for (const selection of set.selections) {
    if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition?.name.value ?? typeName;
      const isFor = condition === on || condition === typeName;
      const key = isFor ? selectedKey(selection.selectionSet, condition, on, field) : undefined;
      if (key !== undefined) return key;
      continue;
    }
    const { name, arguments: values = [], directives = [] } = selection;
    if (name.value === field.name.value && values.length === 0 && directives.length === 0)
      return responseKeyOf(selection);
  }
  return undefined;
}

export function isTypeName(selection: SelectionNode): boolean {
  return selection.kind === Kind.FIELD && responseKeyOf(selection) === '__typename';
}
