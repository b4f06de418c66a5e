/**
 * `@oneOf` (GraphQL, section 3.10) is unknown to Apollo's composition, which rejects it. It is removed before composition
 * and added to the same inputs of the API schema, so that the gateway validates it before it calls a subgraph. An input
 * that several subgraphs define is `@oneOf` if one of them says so: all subgraphs accept what that one accepts.
 */
import { type DocumentNode, Kind, parse, print, visit } from 'graphql';

const directiveName = 'oneOf';

/** @returns the document without `@oneOf`; the names of its `@oneOf` inputs are added to `inputs` */
export function withoutOneOf(document: DocumentNode, inputs: Set<string>): DocumentNode {
  const names = new Set<string>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.INPUT_OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INPUT_OBJECT_TYPE_EXTENSION)
      continue;
    if (definition.directives?.some(({ name }) => name.value === directiveName) === true)
      names.add(definition.name.value);
  }
  const isDefined = document.definitions.some(isDefinition);
  if (names.size === 0 && !isDefined) return document;
  for (const name of names) inputs.add(name);
  const withoutDirective = <
    Node extends { readonly directives?: readonly { readonly name: { readonly value: string } }[] },
  >(
    node: Node,
  ): Node => ({ ...node, directives: node.directives?.filter(({ name }) => name.value !== directiveName) ?? [] });
  return {
    ...document,
    definitions: document.definitions
      .filter((definition) => !isDefinition(definition))
      .map((definition) =>
        definition.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION || definition.kind === Kind.INPUT_OBJECT_TYPE_EXTENSION
          ? withoutDirective(definition)
          : definition,
      ),
  };
}

function isDefinition(definition: DocumentNode['definitions'][number]): boolean {
  return definition.kind === Kind.DIRECTIVE_DEFINITION && definition.name.value === directiveName;
}

/** @returns the SDL with `@oneOf` added to these inputs */
export function withOneOf(sdl: string, inputs: ReadonlySet<string>): string {
  if (inputs.size === 0) return sdl;
  const marked = visit(parse(sdl, { noLocation: true }), {
    InputObjectTypeDefinition: (node) =>
      inputs.has(node.name.value) && node.directives?.some(({ name }) => name.value === directiveName) !== true
        ? {
            ...node,
            directives: [
              ...(node.directives ?? []),
              { kind: Kind.DIRECTIVE, name: { kind: Kind.NAME, value: directiveName } },
            ],
          }
        : undefined,
  });
  return print(marked);
}
