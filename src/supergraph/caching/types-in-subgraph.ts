/** The types of one subgraph’s document, each with its extensions. */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type SelectionSetNode,
} from 'graphql';
import { federationNamesOf, stringArgument } from '../directives/links.ts';
import { parseFieldSet } from '../rows/field-set.ts';

export type FieldInSubgraph = FieldDefinitionNode | InputValueDefinitionNode;

export interface TypeInSubgraph {
  readonly kind: string;
  readonly directives: ConstDirectiveNode[];
  readonly fields: Map<string, FieldInSubgraph>;
  /** Each by the paths of its leaves. */
  readonly keys: (readonly (readonly string[])[])[];
  readonly values: Set<string>;
}

export function typesIn(document: DocumentNode): ReadonlyMap<string, TypeInSubgraph> {
  const keyNames = federationNamesOf(document, 'key');
  const types = new Map<string, TypeInSubgraph>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.DIRECTIVE_DEFINITION || !('name' in definition) || definition.name === undefined)
      continue;
    if (definition.kind === Kind.OPERATION_DEFINITION || definition.kind === Kind.FRAGMENT_DEFINITION) continue;
    const type: TypeInSubgraph = types.get(definition.name.value) ?? {
      kind: definition.kind,
      directives: [],
      fields: new Map(),
      keys: [],
      values: new Set(),
    };
    types.set(definition.name.value, type);
    type.directives.push(...(definition.directives ?? []));
    if ('fields' in definition) for (const field of definition.fields ?? []) type.fields.set(field.name.value, field);
    if ('values' in definition) for (const { name } of definition.values ?? []) type.values.add(name.value);
    for (const directive of directivesOf(definition, keyNames)) {
      const fields = stringArgument(directive, 'fields');
      if (fields !== undefined) type.keys.push(leavesOf(parseFieldSet(fields)));
    }
  }
  return types;
}

export function directivesOf(
  { directives }: { readonly directives?: readonly ConstDirectiveNode[] | undefined },
  names: ReadonlySet<string>,
): readonly ConstDirectiveNode[] {
  return (directives ?? []).filter(({ name }) => names.has(name.value));
}

/** The paths to the scalars of a field set. */
export function leavesOf({ selections }: SelectionSetNode): readonly (readonly string[])[] {
  return selections.flatMap((selection) => {
    if (selection.kind !== Kind.FIELD) return [];
    const { name, selectionSet } = selection;
    return selectionSet === undefined ? [[name.value]] : leavesOf(selectionSet).map((path) => [name.value, ...path]);
  });
}

export function argumentsOf(field: FieldInSubgraph): readonly InputValueDefinitionNode[] {
  return field.kind === Kind.FIELD_DEFINITION ? (field.arguments ?? []) : [];
}
