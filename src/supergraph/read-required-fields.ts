/** What each field of a supergraph reads by `@requires`: the coordinates of the fields it names, nested ones included. */
import { type DocumentNode, Kind, parse, type SelectionSetNode } from 'graphql';
import { stringArgument } from './directives/links.ts';
import { namedType } from './named-type.ts';

/** By the coordinate of the field that requires. */
export type RequiredFields = ReadonlyMap<string, ReadonlySet<string>>;

/** The fields of an object type or interface, each with the type it returns. */
type TypesOfFields = ReadonlyMap<string, string>;

export function readRequiredFields(supergraph: DocumentNode): RequiredFields {
  const types = new Map<string, TypesOfFields>();
  const implementers = new Map<string, string[]>();
  const required: { readonly type: string; readonly field: string; readonly selection: string }[] = [];
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const type = definition.name.value;
    for (const { name } of definition.interfaces ?? [])
      implementers.set(name.value, [...(implementers.get(name.value) ?? []), type]);
    const fields = definition.fields ?? [];
    types.set(type, new Map(fields.map((field) => [field.name.value, namedType(field.type)])));
    for (const { name, directives = [] } of fields) {
      for (const directive of directives) {
        const selection = directive.name.value === 'join__field' ? stringArgument(directive, 'requires') : undefined;
        if (selection !== undefined) required.push({ type, field: name.value, selection });
      }
    }
  }

  function collect(type: string, { selections }: SelectionSetNode, coordinates: Set<string>): void {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue; // a field set has none
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.typeCondition?.name.value ?? type, selection.selectionSet, coordinates);
        continue;
      }
      const name = selection.name.value;
      const returned = types.get(type)?.get(name);
      if (returned === undefined) continue;
      for (const each of [type, ...(implementers.get(type) ?? [])]) coordinates.add(`${each}.${name}`);
      if (selection.selectionSet !== undefined) collect(returned, selection.selectionSet, coordinates);
    }
  }

  const result = new Map<string, Set<string>>();
  for (const { type, field, selection } of required) {
    const coordinate = `${type}.${field}`;
    const coordinates = result.get(coordinate) ?? new Set();
    result.set(coordinate, coordinates);
    const [operation] = parse(`{ ${selection} }`, { noLocation: true }).definitions;
    if (operation?.kind === Kind.OPERATION_DEFINITION) collect(type, operation.selectionSet, coordinates);
  }
  return result;
}
