import { type DirectiveNode, type DocumentNode, Kind } from 'graphql';

/**
 * The fields, as `Type.field`, that some subgraph says may not be null though the supergraph allows it, because another
 * subgraph does: asked there, a null takes the object along that holds it.
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

/** `@join__field(graph: A, type: "Int!")`: a subgraph's own type, where it is not the supergraph's. */
function isStrict({ name, arguments: given }: DirectiveNode): boolean {
  if (name.value !== 'join__field') return false;
  const type = given?.find((argument) => argument.name.value === 'type')?.value;
  return type?.kind === Kind.STRING && type.value.endsWith('!');
}
