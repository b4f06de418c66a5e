import { type DocumentNode, Kind, OperationTypeNode } from 'graphql';
import type { CompositionProblem, SubgraphSource } from './composition.ts';
import { suggestedFixFor } from './suggested-fixes.ts';

/** Subscriptions compose but are not served: the hint says so at composition, before a client is refused. */
export function subscriptionHints(source: SubgraphSource, document: DocumentNode): readonly CompositionProblem[] {
  const root = document.definitions
    .flatMap((definition) =>
      definition.kind === Kind.SCHEMA_DEFINITION || definition.kind === Kind.SCHEMA_EXTENSION
        ? (definition.operationTypes ?? [])
        : [],
    )
    .find(({ operation }) => operation === OperationTypeNode.SUBSCRIPTION);
  const name = root?.type.name.value ?? 'Subscription';
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.OBJECT_TYPE_EXTENSION) continue;
    if (definition.name.value !== name || (definition.fields ?? []).length === 0) continue;
    return [
      {
        severity: 'hint',
        code: 'SUBSCRIPTION_NOT_SERVED',
        message: `type ${name}: subscriptions are not served yet; a client that sends one is refused`,
        places: [{ subgraph: source.name, origin: source.origin, line: definition.name.loc?.startToken.line }],
        suggestedFix: suggestedFixFor('SUBSCRIPTION_NOT_SERVED', undefined),
      },
    ];
  }
  return [];
}
