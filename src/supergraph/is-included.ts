import { type DirectiveNode, GraphQLIncludeDirective, GraphQLSkipDirective, getDirectiveValues } from 'graphql';

/** Whether a selection is part of an operation, by its `@skip` and `@include`. */
export function isIncluded(
  directives: readonly DirectiveNode[] | undefined,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  if (directives === undefined || directives.length === 0) return true;
  try {
    const skip = getDirectiveValues(GraphQLSkipDirective, { directives }, variables);
    const include = getDirectiveValues(GraphQLIncludeDirective, { directives }, variables);
    return skip?.if !== true && include?.if !== false;
  } catch {
    return true; // a condition that is null fails the operation by itself
  }
}
