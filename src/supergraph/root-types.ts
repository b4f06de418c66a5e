/**
 * A subgraph may use any name for its root types (`schema { query: Shop }`); in a supergraph they are `Query`,
 * `Mutation` and `Subscription`. They are renamed before composition: Apollo's composition renames them too, but not
 * inside a union that has one as a member.
 */
import { type DocumentNode, Kind, type NameNode, parse, visit } from 'graphql';

const standardNames = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** The standard names of a subgraph's root types by their local names; empty if the names are standard already. */
function renamedRoots({ definitions }: DocumentNode): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  for (const definition of definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const { operation, type } of definition.operationTypes ?? []) {
      const localName = type.name.value;
      if (localName !== standardNames[operation]) renamed.set(localName, standardNames[operation]);
    }
  }
  // A type called `Query` beside a renamed root type is an error, which composition reports.
  const hasConflict = definitions.some(
    (definition) =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION && [...renamed.values()].includes(definition.name.value),
  );
  return hasConflict ? new Map() : renamed;
}

/** The same for an SDL that composes; an SDL without a schema definition is not parsed. */
export function rootNamesIn(sdl: string): ReadonlyMap<string, string> {
  return /\bschema\b[^{]*\{/.test(sdl) ? renamedRoots(parse(sdl, { noLocation: true })) : new Map();
}

export function withStandardRoots(document: DocumentNode): DocumentNode {
  const renamed = renamedRoots(document);
  if (renamed.size === 0) return document;
  const rename = <Node extends { readonly name: NameNode }>(node: Node): Node | undefined => {
    const name = renamed.get(node.name.value);
    return name === undefined ? undefined : { ...node, name: { ...node.name, value: name } };
  };
  return visit(document, {
    NamedType: rename,
    ObjectTypeDefinition: { leave: rename },
    ObjectTypeExtension: { leave: rename },
  });
}
