/**
 * A subgraph that was taken out of a supergraph, with what the supergraph says of its elements beside federation's own
 * directives: those of Isthmus, which stand on the merged element, `@cacheTag`, which names its subgraphs, and
 * `@cacheControl` where it was composed. What the element of another subgraph said is not told apart.
 */
import {
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  isTypeDefinitionNode,
  Kind,
  parse,
  print,
  type TypeDefinitionNode,
} from 'graphql';
import { argumentOf, linksOf, stringArgument } from '../directives/links.ts';
import { importedDirectives, ownSpecifications } from '../directives/own-directives.ts';

type Field = FieldDefinitionNode | InputValueDefinitionNode;

interface Annotated {
  readonly name: { readonly value: string };
  readonly directives?: readonly ConstDirectiveNode[] | undefined;
}

/**
 * @param sdl of the subgraph, as federation's library prints it
 * @param graph its name in `join__Graph`
 */
export function annotateSubgraph(sdl: string, graph: string | undefined, supergraph: DocumentNode): string {
  const copied = new Set(['cacheControl']);
  for (const specification of ownSpecifications)
    for (const name of importedDirectives(supergraph, specification).values()) copied.add(name);
  const elements = elementsOf(supergraph);
  const subgraph = parse(sdl, { noLocation: true });

  const annotate = <Node extends Annotated>(coordinate: string, node: Node): Node => {
    // What is read elsewhere is said where it is read.
    if (node.directives?.some(({ name }) => name.value === 'external') === true) return node;
    const annotations = (elements.get(coordinate) ?? []).flatMap((directive) => {
      if (copied.has(directive.name.value)) return [directive];
      return cacheTagOf(directive, graph);
    });
    return annotations.length === 0 ? node : { ...node, directives: [...(node.directives ?? []), ...annotations] };
  };
  const annotateField = (type: string, field: Field): Field => {
    const coordinate = `${type}.${field.name.value}`;
    const annotated = annotate(coordinate, field);
    if (annotated.kind !== Kind.FIELD_DEFINITION || annotated.arguments === undefined) return annotated;
    const args = annotated.arguments.map((argument) => annotate(`${coordinate}(${argument.name.value})`, argument));
    return { ...annotated, arguments: args };
  };
  const definitions = subgraph.definitions.map((definition) => {
    if (!isTypeDefinitionNode(definition)) return definition;
    const annotated: TypeDefinitionNode = annotate(definition.name.value, definition);
    if (!('fields' in annotated) || annotated.fields === undefined) return annotated;
    const fields = (annotated.fields as readonly Field[]).map((field) => annotateField(definition.name.value, field));
    return { ...annotated, fields } as DefinitionNode;
  });
  const links = linksOf(supergraph).filter((link) => isOwn(stringArgument(link, 'url') ?? ''));
  const extension = { kind: Kind.SCHEMA_EXTENSION, directives: [...links, cacheTagLink] } as const;
  return print({ ...subgraph, definitions: [...definitions, extension] });
}

const isOwn = (url: string): boolean => url.startsWith('https://isthmus.dev/');

/** The directives of every element of a supergraph, by its coordinate. */
function elementsOf({ definitions }: DocumentNode): ReadonlyMap<string, readonly ConstDirectiveNode[]> {
  const elements = new Map<string, readonly ConstDirectiveNode[]>();
  const add = (coordinate: string, { directives = [] }: Omit<Annotated, 'name'>): void => {
    if (directives.length > 0) elements.set(coordinate, directives);
  };
  for (const definition of definitions) {
    if (!isTypeDefinitionNode(definition)) continue;
    const type = definition.name.value;
    add(type, definition);
    if (!('fields' in definition)) continue;
    for (const field of (definition.fields ?? []) as readonly Field[]) {
      add(`${type}.${field.name.value}`, field);
      if (field.kind !== Kind.FIELD_DEFINITION) continue;
      for (const argument of field.arguments ?? [])
        add(`${type}.${field.name.value}(${argument.name.value})`, argument);
    }
  }
  return elements;
}

const cacheTagLink: ConstDirectiveNode = linksOf(
  parse('extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@cacheTag"])', {
    noLocation: true,
  }),
)[0] as ConstDirectiveNode;

/** `@join__directive(graphs: [A], name: "federation__cacheTag", args: {format: "…"})`, as the subgraph wrote it. */
function cacheTagOf(directive: ConstDirectiveNode, graph: string | undefined): readonly ConstDirectiveNode[] {
  if (directive.name.value !== 'join__directive') return [];
  if (!/^(?:federation__)?cacheTag$/.test(stringArgument(directive, 'name') ?? '')) return [];
  const graphs = argumentOf(directive, 'graphs');
  const isHere = graphs?.kind === Kind.LIST && graphs.values.some((value) => 'value' in value && value.value === graph);
  const args = argumentOf(directive, 'args');
  if (!isHere || args?.kind !== Kind.OBJECT) return [];
  return [
    {
      kind: Kind.DIRECTIVE,
      name: { kind: Kind.NAME, value: 'cacheTag' },
      arguments: args.fields.map(({ name, value }) => ({ kind: Kind.ARGUMENT, name, value })),
    },
  ];
}
