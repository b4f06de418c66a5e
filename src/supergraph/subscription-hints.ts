import { type DocumentNode, Kind, OperationTypeNode } from 'graphql';
import type { CompositionProblem, SubgraphSource } from './composition.ts';
import { suggestedFixFor } from './suggested-fixes.ts';

/** Subscriptions compose, and are not served: better told when they are written than when they are asked for. */
export function subscriptionHints(source: SubgraphSource, document: DocumentNode): readonly CompositionProblem[] {
  const root = document.definitions
    .flatMap((one) =>
      one.kind === Kind.SCHEMA_DEFINITION || one.kind === Kind.SCHEMA_EXTENSION ? (one.operationTypes ?? []) : [],
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
        message: `type ${name}: subscriptions are not served yet, a client that asks for one is refused`,
        places: [{ subgraph: source.name, origin: source.origin, line: definition.name.loc?.startToken.line }],
        suggestedFix: suggestedFixFor('SUBSCRIPTION_NOT_SERVED', undefined),
      },
    ];
  }
  return [];
}
