/** The fields with @requires of a supergraph, and where a request selects them. */
import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type TypeNode,
} from 'graphql';
import { argumentOf, readSubgraphNames } from './entity-keys.ts';
import { parseFieldSet, toRequiredSelections } from './field-set.ts';
import type { RequiredSelection } from './operation-plan.ts';
import { responseKeyOf } from './response-key.ts';

/** A field with @requires, selected at a place of a request. */
export interface PlacedField {
  readonly node: FieldNode;
  readonly typeName: string;
  readonly path: readonly string[];
  readonly requires: readonly RequiredSelection[];
  /** Whether the request sends a representation for it. */
  readonly represented: boolean;
}

export interface RequiredFields {
  /** Whether no object can be of both types: they are two object types. */
  areDisjoint(a: string, b: string): boolean;
  /** The fields that a field requires in the subgraph that resolves it. */
  of(subgraph: string, typeName: string, fieldName: string): readonly RequiredSelection[] | undefined;
  /** @param isEntityFetch whether the operation's `_entities` sends representations for the fields right below it */
  placed(
    subgraph: string,
    operation: OperationDefinitionNode,
    path: readonly string[],
    isEntityFetch: boolean,
  ): PlacedField[];
}

interface FieldFacts {
  readonly returns: string;
  readonly lists: number;
  readonly requires: ReadonlyMap<string, readonly RequiredSelection[]>;
}

export function readRequiredFields(supergraph: DocumentNode): RequiredFields {
  const subgraphs = readSubgraphNames(supergraph);
  const types = new Map<string, Map<string, FieldFacts>>();
  let hasAny = false;
  const objects = new Set<string>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) objects.add(definition.name.value);
    const fields = new Map<string, FieldFacts>();
    for (const { name, type, directives = [] } of definition.fields ?? []) {
      const requires = new Map<string, readonly RequiredSelection[]>();
      for (const directive of directives) {
        const fieldSet = directive.name.value === 'join__field' ? argumentOf(directive, 'requires') : undefined;
        if (fieldSet === undefined) continue;
        const subgraph = subgraphs.get(argumentOf(directive, 'graph') ?? '') ?? '';
        requires.set(subgraph, toRequiredSelections(parseFieldSet(fieldSet)));
      }
      if (requires.size > 0) hasAny = true;
      fields.set(name.value, { ...unwrap(type), requires });
    }
    types.set(definition.name.value, fields);
  }

  return {
    areDisjoint: (a, b) => a !== b && objects.has(a) && objects.has(b),
    of: (subgraph, typeName, fieldName) => types.get(typeName)?.get(fieldName)?.requires.get(subgraph),
    placed(subgraph, operation, path, isEntityFetch) {
      const placed: PlacedField[] = [];
      if (hasAny) walk(operation.selectionSet, operation.operation === 'mutation' ? 'Mutation' : 'Query', path, false);
      return placed;

      function walk(set: SelectionSetNode, typeName: string, place: readonly string[], represented: boolean): void {
        for (const selection of set.selections) {
          if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
          if (selection.kind === Kind.INLINE_FRAGMENT) {
            walk(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, place, represented);
            continue;
          }
          if (isEntityFetch && selection.name.value === '_entities') {
            if (selection.selectionSet !== undefined) walk(selection.selectionSet, '', place, true);
            continue;
          }
          const field = types.get(typeName)?.get(selection.name.value);
          if (field === undefined) continue;
          const requires = field.requires.get(subgraph);
          if (requires !== undefined) placed.push({ node: selection, typeName, path: place, requires, represented });
          // A field that gets a request of its own takes the selections below it along.
          if (selection.selectionSet !== undefined && (represented || requires === undefined)) {
            const inner = [...place, responseKeyOf(selection), ...Array<string>(field.lists).fill('@')];
            walk(selection.selectionSet, field.returns, inner, false);
          }
        }
      }
    },
  };
}

function unwrap(type: TypeNode): { readonly returns: string; readonly lists: number } {
  let lists = 0;
  let inner = type;
  while (inner.kind !== Kind.NAMED_TYPE) {
    if (inner.kind === Kind.LIST_TYPE) lists++;
    inner = inner.type;
  }
  return { returns: inner.name.value, lists };
}
