/**
 * A subgraph may call its root types anything (`schema { query: Shop }`); in a supergraph they are `Query`, `Mutation` and
 * `Subscription`. Renamed before composing: Apollo's composition renames them itself, but not where a union holds one.
 */
import { type DocumentNode, Kind, type NameNode, parse, visit } from 'graphql';

const standardNames = { query: 'Query', mutation: 'Mutation', subscription: 'Subscription' } as const;

/** The names that composing gives a subgraph's root types, by its own; empty where it has them already. */
function renamedRoots({ definitions }: DocumentNode): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  for (const definition of definitions) {
    if (definition.kind !== Kind.SCHEMA_DEFINITION && definition.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const { operation, type } of definition.operationTypes ?? []) {
      const own = type.name.value;
      if (own !== standardNames[operation]) renamed.set(own, standardNames[operation]);
    }
  }
  // A type that is called `Query` beside the root type is a mistake, for composing to tell.
  const taken = definitions.some(
    (one) => one.kind === Kind.OBJECT_TYPE_DEFINITION && [...renamed.values()].includes(one.name.value),
  );
  return taken ? new Map() : renamed;
}

/** The same of an SDL that composes; one without a schema definition is not read. */
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
