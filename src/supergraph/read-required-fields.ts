/** What each field of a supergraph reads by `@requires`: the fields it names, nested ones included. */
import { type DocumentNode, type FieldDefinitionNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql';
import { namedType } from '../documents/index.ts';
import { stringArgument } from './directives/links.ts';
import { parseFieldSet } from './rows/field-set.ts';

/** The coordinates of the fields, by that of the field that requires them. */
export type RequiredFields = ReadonlyMap<string, ReadonlySet<string>>;

/** A field that another one requires. */
export interface RequiredField {
  /** Of the field that requires it, such as `User.letter`. */
  readonly reader: string;
  /** What it is selected of: an object type, an interface or a union. */
  readonly type: string;
  /** The object types that the value may be of, for as much as its selection says. */
  readonly objects: readonly string[];
  readonly node: FieldNode;
  /** The type of its values. */
  readonly returns: string;
}

/** @param isReader which fields' `@requires` is read. @default every one */
export function requiredFieldsOf(
  supergraph: DocumentNode,
  isReader: (field: FieldDefinitionNode) => boolean = () => true,
): readonly RequiredField[] {
  const types = new Map<string, ReadonlyMap<string, string>>();
  const members = new Map<string, string[]>();
  const addMember = (of: string, type: string): unknown => members.set(of, [...(members.get(of) ?? []), type]);
  const readers: { readonly type: string; readonly field: string; readonly selection: string }[] = [];
  for (const definition of supergraph.definitions) {
    if (definition.kind === Kind.UNION_TYPE_DEFINITION)
      for (const { name } of definition.types ?? []) addMember(definition.name.value, name.value);
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const type = definition.name.value;
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION)
      for (const { name } of definition.interfaces ?? []) addMember(name.value, type);
    const fields = definition.fields ?? [];
    types.set(type, new Map(fields.map((field) => [field.name.value, namedType(field.type)])));
    for (const field of fields.filter(isReader)) {
      for (const directive of field.directives ?? []) {
        const selection = directive.name.value === 'join__field' ? stringArgument(directive, 'requires') : undefined;
        if (selection !== undefined) readers.push({ type, field: field.name.value, selection });
      }
    }
  }
  const required: RequiredField[] = [];
  for (const { type, field, selection } of readers) collect(`${type}.${field}`, type, parseFieldSet(selection));
  return required;

  function collect(reader: string, type: string, { selections }: SelectionSetNode): void {
    for (const node of selections) {
      if (node.kind === Kind.FRAGMENT_SPREAD) continue; // a field set has none
      if (node.kind === Kind.INLINE_FRAGMENT) {
        collect(reader, node.typeCondition?.name.value ?? type, node.selectionSet);
        continue;
      }
      const returns = types.get(type)?.get(node.name.value);
      if (returns === undefined) continue;
      required.push({ reader, type, objects: members.get(type) ?? [type], node, returns });
      if (node.selectionSet !== undefined) collect(reader, returns, node.selectionSet);
    }
  }
}

export function readRequiredFields(supergraph: DocumentNode): RequiredFields {
  const result = new Map<string, Set<string>>();
  for (const { reader, type, objects, node } of requiredFieldsOf(supergraph)) {
    const coordinates = result.get(reader) ?? new Set();
    result.set(reader, coordinates);
    for (const each of [type, ...objects]) coordinates.add(`${each}.${node.name.value}`);
  }
  return result;
}
