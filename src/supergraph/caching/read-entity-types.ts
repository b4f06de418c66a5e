/** The entity types of a supergraph with their keys: whatever subgraph has them, an entity is one. */
import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode } from 'graphql';
import type { EntityKey, EntityType, EntityTypes } from '../../cache/tags/index.ts';
import { stringArgument } from '../directives/links.ts';
import { parseFieldSet } from '../rows/field-set.ts';
import { enumArgument, subgraphNames } from '../rows/subgraph-types.ts';

export function readEntityTypes(supergraph: DocumentNode): EntityTypes {
  const names = subgraphNames(supergraph);
  const keyed = new Map<string, { readonly keys: Map<string, EntityKey>; readonly subgraphs: Set<string> }>();
  const interfacesOf = new Map<string, readonly string[]>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const keys = new Map<string, EntityKey>();
    const subgraphs = new Set<string>();
    for (const directive of definition.directives ?? []) {
      if (directive.name.value !== 'join__type') continue;
      const subgraph = names.get(enumArgument(directive, 'graph') ?? '');
      if (subgraph !== undefined) subgraphs.add(subgraph);
      const text = stringArgument(directive, 'key');
      if (text === undefined) continue;
      const key = readKey(text);
      keys.set(key.signature, key);
    }
    interfacesOf.set(definition.name.value, definition.interfaces?.map(({ name }) => name.value) ?? []);
    if (keys.size > 0) keyed.set(definition.name.value, { keys, subgraphs });
  }
  const entities = new Map<string, EntityType>();
  for (const [name, { keys, subgraphs }] of keyed) {
    const interfaces = (interfacesOf.get(name) ?? []).filter((wider) => keyed.has(wider));
    entities.set(name, { keys: [...keys.values()], interfaces, subgraphs: [...subgraphs] });
  }
  return entities;
}

/** The fields in a fixed order, so that `id sku` and `sku id` are one key. */
function readKey(text: string): EntityKey {
  const selectionSet = parseFieldSet(text);
  return { signature: signatureOf(selectionSet), paths: pathsOf(selectionSet) };
}

function inOrder({ selections }: SelectionSetNode): readonly FieldNode[] {
  const fields = selections.filter((selection) => selection.kind === Kind.FIELD);
  return fields.sort((a, b) => (a.name.value < b.name.value ? -1 : 1));
}

function signatureOf(selectionSet: SelectionSetNode): string {
  const texts = inOrder(selectionSet).map(({ name, selectionSet: inner }) =>
    inner === undefined ? name.value : `${name.value}{${signatureOf(inner)}}`,
  );
  return texts.join(' ');
}

function pathsOf(selectionSet: SelectionSetNode): readonly (readonly string[])[] {
  return inOrder(selectionSet).flatMap(({ name, selectionSet: inner }) =>
    inner === undefined ? [[name.value]] : pathsOf(inner).map((path) => [name.value, ...path]),
  );
}
