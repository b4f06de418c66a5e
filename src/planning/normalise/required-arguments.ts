/**
 * Adds a twin without arguments for every field that some @requires reads with arguments: `price(in: "EUR")` becomes
 * `price__required_0`, defined wherever `price` is.
 *
 * Apollo's planner reads a required field under its name whatever its arguments are, so if two @requires read one field
 * with different arguments, both get the value of the first. To the planner twins are separate fields that are
 * resolvable exactly where the field is, so a plan for the twin is a plan for the field. restore-arguments.ts replaces
 * them in the plan. Only the planner has them: operations are validated against the API schema, which has none.
 */
import {
  type ArgumentNode,
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type FieldNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parseType,
  print,
  type SelectionNode,
  type SelectionSetNode,
  stripIgnoredCharacters,
} from 'graphql';
import { argumentOf } from '../plan/entity-keys.ts';
import { parseFieldSet } from '../plan/field-set.ts';
import { namedType } from '../plan/supergraph-types.ts';

/** The field that a twin replaces. */
export interface TwinnedField {
  readonly name: string;
  readonly arguments: readonly ArgumentNode[];
}

export interface TwinnedSupergraph {
  readonly supergraph: DocumentNode;
  /** By the twin's name. */
  readonly twins: ReadonlyMap<string, TwinnedField>;
}

type FieldsDefinition = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

interface Twin extends TwinnedField {
  /** The types that have it. */
  readonly types: Set<string>;
}

export function twinRequiredArguments(supergraph: DocumentNode): TwinnedSupergraph {
  const types = new Map<string, FieldsDefinition>();
  for (const definition of supergraph.definitions) {
    if (hasFields(definition)) types.set(definition.name.value, definition);
  }
  const marker = freeMarker(types.values());
  const twins = new Map<string, Twin>();
  const namesByUse = new Map<string, string>();

  // The @requires are rewritten first, as a field that gets a twin may itself require fields with arguments.
  const rewritten = new Map(
    [...types].map(([name, definition]) => [
      name,
      definition.fields?.map((field) => ({
        ...field,
        directives: field.directives?.map((directive) => rewriteRequires(directive, name)) ?? [],
      })) ?? [],
    ]),
  );
  if (twins.size === 0) return { supergraph, twins };
  const definitions = supergraph.definitions.map((definition) => {
    if (!hasFields(definition)) return definition;
    const fields = rewritten.get(definition.name.value) ?? [];
    return { ...definition, fields: [...fields, ...twinsIn(definition.name.value, fields)] };
  });
  return { supergraph: { ...supergraph, definitions }, twins };

  function rewriteRequires(directive: ConstDirectiveNode, typeName: string): ConstDirectiveNode {
    if (directive.name.value !== 'join__field') return directive;
    const required = argumentOf(directive, 'requires');
    if (required === undefined || !required.includes('(')) return directive;
    const set = rewriteSet(parseFieldSet(required), typeName, argumentOf(directive, 'graph'));
    const value = stripIgnoredCharacters(print(set)).slice(1, -1);
    return {
      ...directive,
      arguments:
        directive.arguments?.map((argument) =>
          argument.name.value === 'requires' ? { ...argument, value: { kind: Kind.STRING, value } } : argument,
        ) ?? [],
    };
  }

  function rewriteSet(set: SelectionSetNode, typeName: string, graph: string | undefined): SelectionSetNode {
    return { ...set, selections: set.selections.map((selection) => rewriteSelection(selection, typeName, graph)) };
  }

  function rewriteSelection(selection: SelectionNode, typeName: string, graph: string | undefined): SelectionNode {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const narrowed = selection.typeCondition?.name.value ?? typeName;
      return { ...selection, selectionSet: rewriteSet(selection.selectionSet, narrowed, graph) };
    }
    const field = fieldOf(typeName, selection.name.value);
    if (field === undefined) return selection;
    const { selectionSet } = selection;
    const inner =
      selectionSet === undefined
        ? selection
        : { ...selection, selectionSet: rewriteSet(selectionSet, typeIn(graph, field), graph) };
    if ((selection.arguments ?? []).length === 0) return inner;
    const { arguments: _arguments, ...withoutArguments } = inner;
    return { ...withoutArguments, name: { kind: Kind.NAME, value: twinOf(selection, typeName) } };
  }

  function twinOf({ name, arguments: nodes = [] }: FieldNode, typeName: string): string {
    const use = `${name.value}(${nodes.map(print).sort().join()})`;
    const twinName = namesByUse.get(use) ?? `${name.value}${marker}${twins.size}`;
    namesByUse.set(use, twinName);
    const twin = twins.get(twinName) ?? { name: name.value, arguments: nodes, types: new Set() };
    twins.set(twinName, twin);
    addTypes(twin.types, typeName, name.value);
    return twinName;
  }

  /** The type and all types that must declare the same fields: its interfaces, their implementations, and so on. */
  function addTypes(into: Set<string>, typeName: string, fieldName: string): void {
    if (into.has(typeName) || fieldOf(typeName, fieldName) === undefined) return;
    into.add(typeName);
    for (const { name, interfaces = [] } of types.values()) {
      if (name.value === typeName) for (const wider of interfaces) addTypes(into, wider.name.value, fieldName);
      else if (interfaces.some((wider) => wider.name.value === typeName)) addTypes(into, name.value, fieldName);
    }
  }

  function fieldOf(typeName: string, fieldName: string): FieldDefinitionNode | undefined {
    return types.get(typeName)?.fields?.find(({ name }) => name.value === fieldName);
  }

  function twinsIn(typeName: string, fields: readonly FieldDefinitionNode[]): FieldDefinitionNode[] {
    return [...twins].flatMap(([name, { name: original, types: having }]) => {
      const field = having.has(typeName) ? fields.find((candidate) => candidate.name.value === original) : undefined;
      return field === undefined ? [] : [{ ...field, name: { kind: Kind.NAME, value: name }, arguments: [] }];
    });
  }
}

function hasFields(definition: DocumentNode['definitions'][number]): definition is FieldsDefinition {
  return definition.kind === Kind.OBJECT_TYPE_DEFINITION || definition.kind === Kind.INTERFACE_TYPE_DEFINITION;
}

/** The type of a field in a subgraph, which may be narrower than in the supergraph. */
function typeIn(graph: string | undefined, { type, directives = [] }: FieldDefinitionNode): string {
  const joinField = directives.find(
    (directive) => directive.name.value === 'join__field' && argumentOf(directive, 'graph') === graph,
  );
  const narrower = joinField === undefined ? undefined : argumentOf(joinField, 'type');
  return namedType(narrower === undefined ? type : parseType(narrower, { noLocation: true }));
}

/**
 * The separator of a field's name and a twin's number, which occurs in no field's name. Response keys of normalised
 * operations have only underscores before their number, so they cannot collide with a twin either.
 */
function freeMarker(types: Iterable<FieldsDefinition>): string {
  const names = [...types].flatMap(({ fields = [] }) => fields.map(({ name }) => name.value));
  let marker = '__required_';
  while (names.some((name) => name.includes(marker))) marker = `_${marker}`;
  return marker;
}
