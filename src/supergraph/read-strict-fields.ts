import { type DirectiveNode, type DocumentNode, Kind } from 'graphql';

/**
 * The fields, as `Type.field`, that are non-null in some subgraph and nullable in the supergraph, because another
 * subgraph allows null. Fetched from the strict subgraph, a null propagates to the object that holds the field.
 */
export function readStrictFields(supergraph: DocumentNode): ReadonlySet<string> {
  const strict = new Set<string>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const { name, type, directives } of definition.fields ?? []) {
      if (type.kind === Kind.NON_NULL_TYPE || directives?.some(isStrict) !== true) continue;
      strict.add(`${definition.name.value}.${name.value}`);
    }
  }
  return strict;
}

/** `@join__field(graph: A, type: "Int!")`: the type in a subgraph, if it differs from that of the supergraph. */
function isStrict({ name, arguments: nodes }: DirectiveNode): boolean {
  if (name.value !== 'join__field') return false;
  const type = nodes?.find((argument) => argument.name.value === 'type')?.value;
  return type?.kind === Kind.STRING && type.value.endsWith('!');
}
