/** The variables that `@skip` and `@include` depend on, as the key of a variant. */
import { type DocumentNode, Kind, visit } from 'graphql';

/** The part of a variant's key that one variable makes. */
export function conditionKey(value: unknown): string {
  if (value === true) return '1';
  return value === null ? 'n' : '0';
}

/** The variables that the conditions of a document depend on. */
export function conditionNames(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive({ name, arguments: args }) {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of args ?? []) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
