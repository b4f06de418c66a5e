import { type DocumentNode, Kind } from 'graphql';

/** For each object type and interface of a supergraph, the types it belongs to: itself, its interfaces and its unions. */
export function readMemberships(supergraph: DocumentNode): ReadonlyMap<string, ReadonlySet<string>> {
  const memberships = new Map<string, Set<string>>();
  const add = (type: string, wider: string): void => {
    const members = memberships.get(type);
    if (members === undefined) memberships.set(type, new Set([type, wider]));
    else members.add(wider);
  };
  for (const definition of supergraph.definitions) {
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION) {
      add(definition.name.value, definition.name.value);
      for (const wider of definition.interfaces ?? []) add(definition.name.value, wider.name.value);
    } else if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
      for (const member of definition.types ?? []) add(member.name.value, definition.name.value);
    }
  }
  return memberships;
}
