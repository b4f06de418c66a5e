/**
 * Puts the keys of each type by which its subgraph can be asked before those by which it cannot.
 *
 * To come back to a subgraph for a field with @requires, Apollo's planner takes the first key the subgraph can give,
 * `resolvable: false` or not, and asks for entities by a key that finds none. Nothing else it does depends on the order
 * of a resolvable and another key, so the order is all that has to change.
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
