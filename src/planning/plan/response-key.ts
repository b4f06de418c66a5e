import type { FieldNode } from 'graphql';

/** The key of a field in the response: its alias, or else its name. */
export function responseKeyOf({ alias, name }: FieldNode): string {
  return (alias ?? name).value;
}
