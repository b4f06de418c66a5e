/**
 * Moves the resolvable keys of each type before those with `resolvable: false`.
 *
 * To return to a subgraph for a field with @requires, Apollo's planner uses the first key that the subgraph provides,
 * resolvable or not, and may request entities by a key that the subgraph cannot resolve. Nothing else in the planner
 * depends on the order of these keys, so reordering them is enough.
 */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
} from 'graphql';
import { argumentOf, isResolvable } from '../plan/entity-keys.ts';

export function withResolvableKeysFirst(supergraph: DocumentNode): DocumentNode {
  return {
    ...supergraph,
    definitions: supergraph.definitions.map((definition) =>
      definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION
        ? ordered(definition)
        : definition,
    ),
  };
}

function ordered<T extends ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode>(definition: T): T {
  const { directives = [] } = definition;
  const sorted = new Map<string, ConstDirectiveNode[]>();
  for (const resolvable of [true, false]) {
    for (const directive of directives) {
      if (directive.name.value !== 'join__type' || isResolvable(directive) !== resolvable) continue;
      const graph = argumentOf(directive, 'graph') ?? '';
      sorted.set(graph, [...(sorted.get(graph) ?? []), directive]);
    }
  }
  return {
    ...definition,
    directives: directives.map((directive) =>
      directive.name.value === 'join__type'
        ? (sorted.get(argumentOf(directive, 'graph') ?? '')?.shift() ?? directive)
        : directive,
    ),
  };
}
