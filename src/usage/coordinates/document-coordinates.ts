/**
 * The coordinates that a document names, as `@graphql-inspector/core` writes them: `Type`, `Type.field`, `Type.field.argument`,
 * `Enum.VALUE`, `Input.field`. What is taken out of a schema breaks an operation where the operation names it: so a field under
 * `@skip` counts, and one that an interface has counts as that of the interface. Introspection names nothing of the graph.
 */
import {
  type DocumentNode,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isSpecifiedScalarType,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { fragmentsOf, namedType, usedFragments } from '../../documents/index.ts';

export interface DocumentCoordinates {
  /** Of every document with the signature, under this schema. Sorted. */
  readonly named: readonly string[];
  /** Besides, of what the signature leaves out of the document: literals within lists and objects. */
  readonly inLiterals: readonly string[];
}

export function documentCoordinates(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): DocumentCoordinates {
  const names = new Set<string>();
  const inLiterals = new Set<string>();
  const nameOf = interning(schema);
  const types = new TypeInfo(schema);
  /** Lists and objects around a literal. */
  let depth = 0;
  const leave = (): void => {
    depth--;
  };
  const enter = (): void => {
    depth++;
  };
  const add = (type: { readonly name: string } | null | undefined, ...path: readonly string[]): void => {
    if (type !== null && type !== undefined) (depth === 0 ? names : inLiterals).add(nameOf([type.name, ...path]));
  };
  const visitor = visitWithTypeInfo(types, {
    // Skipped with what it has: its arguments are none of the graph's.
    Directive: () => false,
    SelectionSet: () => add(types.getParentType()),
    Field({ name }) {
      if (name.value.startsWith('__')) return false;
      add(types.getParentType(), name.value);
      return undefined;
    },
    Argument({ name }) {
      add(types.getParentType(), types.getFieldDef()?.name ?? '', name.value);
    },
    VariableDefinition({ type }) {
      const declared = schema.getType(namedType(type));
      if (declared !== undefined && !isSpecifiedScalarType(declared)) add(declared);
    },
    ListValue: { enter, leave },
    ObjectValue: {
      enter() {
        const type = getNamedType(types.getInputType());
        // The literal of a scalar may have any names: they are its client's.
        if (!isInputObjectType(type)) return false;
        enter();
        add(type);
        return undefined;
      },
      leave,
    },
    ObjectField({ name }) {
      add(getNamedType(types.getParentInputType()), name.value);
    },
    EnumValue({ value }) {
      const type = getNamedType(types.getInputType());
      if (!isEnumType(type)) return;
      add(type);
      add(type, value);
    },
  });
  for (const node of [operation, ...usedFragments(operation, fragmentsOf(document)).values()]) visit(node, visitor);
  return { named: [...names].sort(), inLiterals: [...inLiterals].filter((name) => !names.has(name)) };
}

const interned = new WeakMap<GraphQLSchema, Map<string, string>>();

/** Every document of a schema has the same strings: thousands are held at a time. */
function interning(schema: GraphQLSchema): (path: readonly string[]) => string {
  const strings = interned.get(schema) ?? new Map<string, string>();
  interned.set(schema, strings);
  return (path) => {
    const name = path.join('.');
    const same = strings.get(name);
    if (same === undefined) strings.set(name, name);
    return same ?? name;
  };
}
