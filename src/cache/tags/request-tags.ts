/**
 * A request to a subgraph, compiled for the tags of its answer: which of its fields have tags of their own, and where entities
 * are in the answer.
 */
import {
  type ArgumentNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { fragmentsOf } from '../../documents/index.ts';
import type { CacheRules, EntityTypes, TaggedField } from './cache-rules.ts';
import type { TaggedObject } from './tagged-object.ts';

export interface TaggedSelection {
  readonly fields: readonly SelectedField[];
  /** Whether anything below has tags. */
  readonly isTagged: boolean;
  /** What is read of its objects, by their types. */
  readonly objects: Map<string, TaggedObject>;
  /** The key of `__typename`. */
  readonly typeNameKey: string | undefined;
}

export interface SelectedField {
  /** Of the response. */
  readonly key: string;
  readonly name: string;
  /** The type condition that it stands under. */
  readonly on: string;
  readonly field: TaggedField | undefined;
  /** Whether it is selected without arguments, as fields of keys are. */
  readonly isPlain: boolean;
  readonly argumentsOf: (variables: Variables) => Readonly<Record<string, unknown>>;
  readonly inner: TaggedSelection | undefined;
}

export type Variables = Readonly<Record<string, unknown>>;

export interface TaggedRequest {
  readonly root: 'Query' | 'Mutation';
  /** The default values of its variables. */
  readonly defaults: Variables;
  /** Of its fields of the root, but for `_entities`. */
  readonly selection: TaggedSelection;
  /** Of its entities. */
  readonly entities: TaggedSelection;
}

export interface CompileOptions {
  readonly rules: CacheRules;
  readonly entities: EntityTypes;
}

const empty: TaggedSelection = { fields: [], isTagged: false, objects: new Map(), typeNameKey: undefined };

export function compileRequest(document: DocumentNode, options: CompileOptions): TaggedRequest {
  const fragments = fragmentsOf(document);
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION) as
    | OperationDefinitionNode
    | undefined;
  const root = operation?.operation === 'mutation' ? 'Mutation' : 'Query';
  if (operation === undefined) return { root, defaults: {}, selection: empty, entities: empty };
  const all = compileSelection(operation.selectionSet, root, { ...options, fragments });
  const entities = all.fields.find(({ name }) => name === '_entities');
  const selection = selectionOf(
    all.fields.filter(({ name }) => name !== '_entities'),
    root,
    options,
  );
  return { root, defaults: defaultsOf(operation), selection, entities: entities?.inner ?? empty };
}

function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Variables {
  return Object.fromEntries(
    variableDefinitions.flatMap(({ variable, defaultValue }) =>
      defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)]],
    ),
  );
}

interface Compiling extends CompileOptions {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

function compileSelection(selectionSet: SelectionSetNode, type: string, compiling: Compiling): TaggedSelection {
  const fields: SelectedField[] = [];
  const visit = ({ selections }: SelectionSetNode, on: string): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const field = compiling.rules.get(on)?.fields.get(name);
        fields.push({
          key: (selection.alias ?? selection.name).value,
          name,
          on,
          field,
          isPlain: (selection.arguments ?? []).length === 0,
          argumentsOf: compileArguments(selection.arguments ?? [], field?.defaults ?? {}),
          inner: selection.selectionSet && compileSelection(selection.selectionSet, field?.type ?? '', compiling),
        });
        continue;
      }
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? compiling.fragments.get(selection.name.value) : selection;
      if (fragment !== undefined) visit(fragment.selectionSet, fragment.typeCondition?.name.value ?? on);
    }
  };
  visit(selectionSet, type);
  return selectionOf(fields, type, compiling);
}

function selectionOf(fields: readonly SelectedField[], type: string, options: CompileOptions): TaggedSelection {
  const types = new Set([type, ...fields.map(({ on }) => on)]);
  const hasTags = [...types].some((name) => isTagged(name, options));
  return {
    fields,
    objects: new Map(),
    typeNameKey: fields.find(({ name }) => name === '__typename')?.key,
    isTagged: hasTags || fields.some(({ field, inner }) => isTaggedField(field) || inner?.isTagged === true),
  };
}

function isTaggedField(field: TaggedField | undefined): boolean {
  return field !== undefined && field.formats.length + field.invalidates.length + field.tags.length > 0;
}

function isTagged(type: string, { rules, entities }: CompileOptions): boolean {
  const { formats = [], members = [] } = rules.get(type) ?? {};
  const isItself = (name: string): boolean => entities.has(name) || (rules.get(name)?.formats.length ?? 0) > 0;
  return formats.length > 0 || entities.has(type) || members.some(isItself);
}

function compileArguments(nodes: readonly ArgumentNode[], defaults: Variables): SelectedField['argumentsOf'] {
  const values = nodes.map(({ name, value }) => [name.value, value] as const);
  return (variables) => {
    const args: Record<string, unknown> = { ...defaults };
    for (const [name, value] of values) {
      // A variable without a value is an argument that is left out.
      if (value.kind === Kind.VARIABLE && variables[value.name.value] === undefined) continue;
      args[name] = argumentValue(value, variables);
    }
    return args;
  };
}

function argumentValue(node: ValueNode, variables: Variables): unknown {
  return node.kind === Kind.VARIABLE ? variables[node.name.value] : valueFromASTUntyped(node, variables);
}
