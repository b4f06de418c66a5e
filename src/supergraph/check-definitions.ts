/**
 * Finds what Apollo's composition throws on, or says without a line: fields, values and arguments that a definition has twice, and
 * root types that are no object types.
 */
import { type ASTNode, type DocumentNode, Kind, type NameNode } from 'graphql';
import type { CompositionProblem, SubgraphSource } from './composition.ts';
import { suggestGraphqlFix } from './suggest-graphql-fix.ts';
import { suggestedFixFor } from './suggested-fixes.ts';

const roots = new Set(['Query', 'Mutation', 'Subscription']);
const otherKinds: ReadonlySet<string> = new Set([
  Kind.INTERFACE_TYPE_DEFINITION,
  Kind.UNION_TYPE_DEFINITION,
  Kind.ENUM_TYPE_DEFINITION,
  Kind.INPUT_OBJECT_TYPE_DEFINITION,
  Kind.SCALAR_TYPE_DEFINITION,
]);
const code = 'INVALID_GRAPHQL';

export function checkDefinitions(
  document: DocumentNode,
  { name: subgraph, origin }: SubgraphSource,
): readonly CompositionProblem[] {
  const problems: CompositionProblem[] = [];
  const add = (message: string, { loc }: ASTNode, suggestedFix = suggestGraphqlFix(message)): void => {
    problems.push({
      severity: 'error',
      code,
      message: `[${subgraph}] ${message}`,
      places: [{ subgraph, origin, line: loc?.startToken.line }],
      suggestedFix: suggestedFix ?? suggestedFixFor(code, undefined),
    });
  };
  const addDoubles = (owner: string, members: readonly { readonly name: NameNode }[]): void => {
    const names = new Set<string>();
    for (const { name } of members) {
      if (names.has(name.value)) add(`"${owner}" has "${name.value}" twice`, name);
      names.add(name.value);
    }
  };
  for (const definition of document.definitions) {
    if (!('name' in definition) || definition.name === undefined) continue;
    const owner = definition.name.value;
    if (roots.has(owner) && otherKinds.has(definition.kind))
      add(
        `the root type "${owner}" is no object type`,
        definition.name,
        `write \`type ${owner}\`, or give it another name`,
      );
    if ('values' in definition) addDoubles(owner, definition.values ?? []);
    if (!('fields' in definition)) continue;
    addDoubles(owner, definition.fields ?? []);
    for (const field of definition.fields ?? [])
      if ('arguments' in field) addDoubles(`${owner}.${field.name.value}`, field.arguments ?? []);
  }
  return problems;
}
