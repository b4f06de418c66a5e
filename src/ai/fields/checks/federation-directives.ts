/** The federation directives in the SDL of an AI subgraph, by their imported names or with the `federation__` prefix. */
import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type GraphQLNamedType,
  Kind,
  parse,
  type SelectionSetNode,
} from 'graphql';

export function isFederation(name: 'key' | 'external' | 'requires', directive: DirectiveNode): boolean {
  return directive.name.value === name || directive.name.value === `federation__${name}`;
}

export function directivesOf({ astNode, extensionASTNodes }: GraphQLNamedType): readonly ConstDirectiveNode[] {
  return [astNode, ...extensionASTNodes].flatMap((node) => node?.directives ?? []);
}

/** The field sets of each `@key` of a type. */
export function keysOf(type: GraphQLNamedType): readonly SelectionSetNode[] {
  return directivesOf(type).flatMap((directive) => {
    if (!isFederation('key', directive)) return [];
    const fields = directive.arguments?.find(({ name }) => name.value === 'fields')?.value;
    return (fields?.kind === Kind.STRING ? fieldSetOf(fields.value) : undefined) ?? [];
  });
}

/** Parses a federation field set. @returns undefined if it is malformed; composition reports that */
export function fieldSetOf(text: string | undefined): SelectionSetNode | undefined {
  if (text === undefined) return undefined;
  try {
    const [operation] = parse(`{${text}}`, { noLocation: true }).definitions;
    return operation?.kind === Kind.OPERATION_DEFINITION ? operation.selectionSet : undefined;
  } catch {
    return undefined;
  }
}

/** The response names of the top-level fields of a field set. */
export function fieldNames(fieldSet: SelectionSetNode | undefined): readonly string[] {
  return (fieldSet?.selections ?? []).flatMap((selection) =>
    selection.kind === Kind.FIELD ? [(selection.alias ?? selection.name).value] : [],
  );
}
