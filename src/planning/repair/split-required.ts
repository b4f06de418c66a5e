/**
 * Takes fields with @requires out of requests that cannot bring what they require.
 *
 * Where a required field itself has @requires, Apollo's planner may ask for it in the very request that first reaches
 * the entity (`{ stocked { cost } }`), and fetch what it needs only afterwards. The subgraph would compute it from
 * nothing. Such a field gets a request of its own, with a representation; but only where the plan does fetch what it
 * requires at that place, for @provides can make it right to ask at once. Where a request does bring representations,
 * but without what one of its fields requires, that is added to them, or the field gets a request of its own too.
 */
import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionSetNode,
  stripIgnoredCharacters,
  type TypeNode,
  visit,
} from 'graphql';
import { argumentOf, readSubgraphNames } from '../plan/entity-keys.ts';
import { parseFieldSet, toRequiredSelections } from '../plan/field-set.ts';
import type { RequiredSelection } from '../plan/operation-plan.ts';

/** A field with @requires, at a place of a request. */
export interface PlacedField {
  readonly node: FieldNode;
  readonly typeName: string;
  readonly path: readonly string[];
  readonly requires: readonly RequiredSelection[];
  /** Whether a representation comes with it. */
  readonly represented: boolean;
}

export interface RequiredFields {
  /** Whether no object is of both types, as far as their names tell. */
  areDisjoint(a: string, b: string): boolean;
  /** What a field requires where this subgraph resolves it. */
  of(subgraph: string, typeName: string, fieldName: string): readonly RequiredSelection[] | undefined;
  /** @param isEntityFetch whether the operation's `_entities` brings representations for the fields right below it */
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
  readonly requires: ReadonlyMap<string, string>;
}

export function readRequiredFields(supergraph: DocumentNode): RequiredFields {
  const subgraphs = readSubgraphNames(supergraph);
  const types = new Map<string, Map<string, FieldFacts>>();
  let any = false;
  const objects = new Set<string>();
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    if (definition.kind === Kind.OBJECT_TYPE_DEFINITION) objects.add(definition.name.value);
    const fields = new Map<string, FieldFacts>();
    for (const { name, type, directives = [] } of definition.fields ?? []) {
      const requires = new Map<string, string>();
      for (const directive of directives) {
        const required = directive.name.value === 'join__field' ? argumentOf(directive, 'requires') : undefined;
        if (required !== undefined) requires.set(subgraphs.get(argumentOf(directive, 'graph') ?? '') ?? '', required);
      }
      if (requires.size > 0) any = true;
      fields.set(name.value, { ...unwrap(type), requires });
    }
    types.set(definition.name.value, fields);
  }

  return {
    areDisjoint: (a, b) => a !== b && objects.has(a) && objects.has(b),
    of(subgraph, typeName, fieldName) {
      const required = types.get(typeName)?.get(fieldName)?.requires.get(subgraph);
      return required === undefined ? undefined : toRequiredSelections(parseFieldSet(required));
    },
    placed(subgraph, operation, path, isEntityFetch) {
      const found: PlacedField[] = [];
      if (any) walk(operation.selectionSet, operation.operation === 'mutation' ? 'Mutation' : 'Query', path, false);
      return found;

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
          const required = field.requires.get(subgraph);
          if (required !== undefined) {
            found.push({
              node: selection,
              typeName,
              path: place,
              requires: toRequiredSelections(parseFieldSet(required)),
              represented,
            });
          }
          // What stands below a field that gets a request of its own comes with it.
          if (selection.selectionSet !== undefined && (represented || required === undefined)) {
            const inner = [
              ...place,
              (selection.alias ?? selection.name).value,
              ...Array<string>(field.lists).fill('@'),
            ];
            walk(selection.selectionSet, field.returns, inner, false);
          }
        }
      }
    },
  };
}

/** An operation without some of its fields, and without the variables that only they used. */
export function withoutFields(
  operation: OperationDefinitionNode,
  fields: ReadonlySet<FieldNode>,
): OperationDefinitionNode {
  const left = visit(operation, {
    Field: (node) => (fields.has(node) ? null : undefined),
    InlineFragment: { leave: (node) => (node.selectionSet.selections.length === 0 ? null : undefined) },
  });
  const used = variablesIn(left.selectionSet);
  return {
    ...left,
    variableDefinitions: (left.variableDefinitions ?? []).filter((one) => used.has(one.variable.name.value)),
  };
}

/** The request for one field of entities, as text; and the variables of the plan that it uses. */
export function entityRequest(operation: OperationDefinitionNode, { node, typeName }: PlacedField) {
  const variables = variablesIn(node);
  const definitions = (operation.variableDefinitions ?? [])
    .filter((one) => variables.has(one.variable.name.value))
    .map((one) => print(one));
  const head = ['$representations:[_Any!]!', ...definitions].join(',');
  const body = `_entities(representations:$representations){...on ${typeName}{${print(node)}}}`;
  return { text: stripIgnoredCharacters(`query(${head}){${body}}`), variables: [...variables] };
}

function variablesIn(node: FieldNode | SelectionSetNode): Set<string> {
  const names = new Set<string>();
  visit(node, { Variable: ({ name }) => void names.add(name.value) });
  return names;
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
