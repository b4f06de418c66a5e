/**
 * Compiles a selection into functions that write the answer from the data in one pass, as JSON text: the client's keys
 * and order, abstract types by what each object is, leaves coerced, nulls carried up to the nearest place that allows
 * them (GraphQL, sections 6.3 and 6.4). Nothing is allocated per field but the text.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isEnumType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { invariant } from '../lib/index.ts';
import { type DataObject, isDataObject } from './data.ts';
import type { Introspect } from './introspect.ts';

/** A value that may not stand where it was found. Both paths are built outward while the answer is written. */
export interface Violation {
  readonly kind: 'null' | 'type';
  readonly responsePath: (string | number)[];
  readonly dataPath: (string | number)[];
}

/** What one writing of an answer needs besides the shape. */
export interface Shaping {
  readonly violations: Violation[];
  /** Objects that stand in several places: their text is written once per shape. */
  readonly shared: ReadonlySet<DataObject>;
  readonly introspect: Introspect;
}

/** @returns the value's JSON text, or undefined where null would have to stand and may not */
export type WriteValue = (value: unknown, shaping: Shaping) => string | undefined;

export interface FieldShape {
  readonly responseKey: string;
  readonly dataKey: string;
  readonly prefix: string;
  readonly write: WriteValue;
  /** The object shape below it, through lists, for walking paths. */
  readonly inner: ObjectShapes | undefined;
}

/** The shapes of a place: one for an object type, one per member of an abstract one. */
export interface ObjectShapes {
  /** @param typeName the object's own type, as the data says; ignored where the type is no abstract one */
  shapeOf(typeName: unknown): ObjectShape | undefined;
}

export interface ObjectShape {
  readonly fields: readonly FieldShape[];
}

export interface ShapeOptions {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly included: (selection: SelectionNode) => boolean;
  /** The key of a field in the data. */
  readonly keyOf: (field: FieldNode) => string;
}

export interface OperationShape {
  /** @returns the JSON text of `data` */
  write(data: DataObject, shaping: Shaping): string;
  readonly root: ObjectShape;
}

export function compileShape(
  options: ShapeOptions,
  rootType: GraphQLObjectType,
  selectionSet: SelectionSetNode,
): OperationShape {
  const { schema, fragments, included, keyOf } = options;
  const root = compileObject(rootType, [selectionSet]);
  return {
    root,
    write: (data, shaping) => writeObject(root, data, shaping) ?? 'null',
  };

  function compileObject(type: GraphQLObjectType | GraphQLInterfaceType, sets: readonly SelectionSetNode[]): ObjectShape {
    let fields: readonly FieldShape[] | undefined;
    return {
      // On first use: a plan may name types of an interface that no answer ever has.
      get fields() {
        fields ??= [...collectFields(type, sets)].map(([responseKey, nodes], index) =>
          compileField(type, responseKey, nodes, index),
        );
        return fields;
      },
    };
  }

  /** CollectFields of the specification, section 6.3.2, for one object type. */
  function collectFields(
    type: GraphQLObjectType | GraphQLInterfaceType,
    sets: readonly SelectionSetNode[]): Map<string, FieldNode[]> {
    const fields = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    for (const set of sets) collect(set);
    return fields;

    function collect(set: SelectionSetNode): void {
      for (const selection of set.selections) {
        if (!included(selection)) continue;
        if (selection.kind === Kind.FIELD) {
          const key = (selection.alias ?? selection.name).value;
          const nodes = fields.get(key);
          if (nodes === undefined) fields.set(key, [selection]);
          else nodes.push(selection);
          continue;
        }
        let fragment:
          | {
              readonly typeCondition?: FragmentDefinitionNode['typeCondition'] | undefined;
              readonly selectionSet: SelectionSetNode;
            }
          | undefined;
        if (selection.kind === Kind.INLINE_FRAGMENT) {
          fragment = selection;
        } else {
          if (visited.has(selection.name.value)) continue;
          visited.add(selection.name.value);
          fragment = fragments.get(selection.name.value);
        }
        if (fragment !== undefined && holds(type, fragment.typeCondition?.name.value)) collect(fragment.selectionSet);
      }
    }
  }

  /** Whether every object of the type also is of the other. */
  function holds(type: GraphQLObjectType | GraphQLInterfaceType, condition: string | undefined): boolean {
    if (condition === undefined || condition === type.name) return true;
    const wider = schema.getType(condition);
    if (!isAbstractType(wider)) return false;
    return isObjectType(type) ? schema.isSubType(wider, type) : schema.getPossibleTypes(type).every((one) => schema.isSubType(wider, one));
  }

  function compileField(
    parent: GraphQLObjectType | GraphQLInterfaceType,
    responseKey: string,
    nodes: readonly FieldNode[],
    index: number,
  ): FieldShape {
    const [node] = nodes;
    invariant(node !== undefined, 'a response key has a field');
    const prefix = `${index === 0 ? '' : ','}${JSON.stringify(responseKey)}:`;
    const name = node.name.value;
    if (name === '__typename') {
      const text = JSON.stringify(parent.name);
      return { responseKey, dataKey: name, prefix, write: () => text, inner: undefined };
    }
    if (name === '__schema' || name === '__type') {
      const write: WriteValue = (_value, { introspect }) => introspect(nodes);
      return { responseKey, dataKey: name, prefix, write, inner: undefined };
    }
    const field = parent.getFields()[name];
    invariant(field !== undefined, `${parent.name}.${name} exists in a validated operation`);
    const sets = nodes.flatMap((one) => (one.selectionSet === undefined ? [] : [one.selectionSet]));
    const { write, inner } = compileType(field.type, sets);
    return { responseKey, dataKey: keyOf(node), prefix, write, inner };
  }

  function compileType(
    type: GraphQLOutputType,
    sets: readonly SelectionSetNode[],
  ): { readonly write: WriteValue; readonly inner: ObjectShapes | undefined } {
    if (isNonNullType(type)) {
      const { write, inner } = compileType(type.ofType, sets);
      return {
        inner,
        write(value, shaping) {
          const text = value === null || value === undefined ? undefined : write(value, shaping);
          if (text !== undefined && text !== 'null') return text;
          if (value === null || value === undefined)
            shaping.violations.push({ kind: 'null', responsePath: [], dataPath: [] });
          return undefined;
        },
      };
    }
    if (isListType(type)) {
      const { write, inner } = compileType(type.ofType, sets);
      return { inner, write: (value, shaping) => writeList(write, value, shaping) };
    }
    if (isObjectType(type)) {
      const shape = compileObject(type, sets);
      return { inner: { shapeOf: () => shape }, write: (value, shaping) => writeNullableObject(shape, value, shaping) };
    }
    if (isAbstractType(type)) return compileAbstract(type, sets);
    return { inner: undefined, write: compileLeaf(type) };
  }

  /**
   * What a subgraph with an interface object gives may name no type but the interface, or none: where the client asked
   * neither for __typename nor by type, no plan finds out which it is.
   */
  function compileUntyped(type: GraphQLAbstractType, sets: readonly SelectionSetNode[]): ObjectShape | undefined {
    if (!isInterfaceType(type)) return undefined;
    const visited = new Set<string>();
    return sets.every((set) => needsNoType(type, set, visited)) ? compileObject(type, sets) : undefined;
  }

  function needsNoType(type: GraphQLInterfaceType, set: SelectionSetNode, visited: Set<string>): boolean {
    return set.selections.every((selection) => {
      if (!included(selection)) return true;
      if (selection.kind === Kind.FIELD) return selection.name.value !== '__typename';
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (visited.has(selection.name.value)) return true;
        visited.add(selection.name.value);
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (fragment === undefined) return true;
      return holds(type, fragment.typeCondition?.name.value) && needsNoType(type, fragment.selectionSet, visited);
    });
  }

  function compileAbstract(type: GraphQLAbstractType, sets: readonly SelectionSetNode[]) {
    const shapes = new Map<unknown, ObjectShape | undefined>();
    const shapeOf = (typeName: unknown): ObjectShape | undefined => {
      const known = shapes.get(typeName);
      if (known !== undefined || shapes.has(typeName)) return known;
      if (typeName === undefined || typeName === type.name) {
        const shape = compileUntyped(type, sets);
        shapes.set(typeName, shape);
        return shape;
      }
      if (typeof typeName !== 'string') return undefined;
      const member = schema.getType(typeName);
      if (!isObjectType(member) || !schema.isSubType(type, member)) return undefined;
      const shape = compileObject(member, sets);
      shapes.set(typeName, shape);
      return shape;
    };
    const write: WriteValue = (value, shaping) => {
      if (value === null || value === undefined) return 'null';
      const shape = isDataObject(value) ? shapeOf(value.__typename) : undefined;
      return shape === undefined ? refuse(shaping) : writeNullableObject(shape, value, shaping);
    };
    return { inner: { shapeOf }, write };
  }
}

function writeNullableObject(shape: ObjectShape, value: unknown, shaping: Shaping): string {
  if (value === null || value === undefined) return 'null';
  if (!isDataObject(value)) return refuse(shaping);
  return writeObject(shape, value, shaping) ?? 'null';
}

const textsOfShape = new WeakMap<Shaping, Map<ObjectShape, Map<DataObject, string>>>();

/** @returns undefined where a field that may not be null is */
function writeObject(shape: ObjectShape, value: DataObject, shaping: Shaping): string | undefined {
  const shared = shaping.shared.size > 0 && shaping.shared.has(value) ? textsFor(shape, shaping) : undefined;
  const known = shared?.get(value);
  if (known !== undefined) return known;
  const { violations } = shaping;
  const before = violations.length;
  let text = '{';
  for (const field of shape.fields) {
    const count = violations.length;
    const written = field.write(value[field.dataKey], shaping);
    if (violations.length !== count) prepend(violations, count, field.responseKey, field.dataKey);
    if (written === undefined) return undefined;
    text += field.prefix + written;
  }
  text += '}';
  if (violations.length === before) shared?.set(value, text);
  return text;
}

function textsFor(shape: ObjectShape, shaping: Shaping): Map<DataObject, string> {
  let shapes = textsOfShape.get(shaping);
  if (shapes === undefined) {
    shapes = new Map();
    textsOfShape.set(shaping, shapes);
  }
  let texts = shapes.get(shape);
  if (texts === undefined) {
    texts = new Map();
    shapes.set(shape, texts);
  }
  return texts;
}

function writeList(write: WriteValue, value: unknown, shaping: Shaping): string {
  if (value === null || value === undefined) return 'null';
  if (!Array.isArray(value)) return refuse(shaping);
  const { violations } = shaping;
  let text = '[';
  for (let index = 0; index < value.length; index++) {
    const count = violations.length;
    const written = write(value[index], shaping);
    if (violations.length !== count) prepend(violations, count, index, index);
    if (written === undefined) return 'null';
    text += index === 0 ? written : `,${written}`;
  }
  return `${text}]`;
}

function prepend(
  violations: Violation[],
  from: number,
  responseStep: string | number,
  dataStep: string | number,
): void {
  for (let index = from; index < violations.length; index++) {
    violations[index]?.responsePath.unshift(responseStep);
    violations[index]?.dataPath.unshift(dataStep);
  }
}

function compileLeaf(type: GraphQLLeafType): WriteValue {
  if (isEnumType(type)) {
    const texts = new Map(type.getValues().map(({ name }) => [name as unknown, JSON.stringify(name)]));
    return (value, shaping) => (value === null || value === undefined ? 'null' : (texts.get(value) ?? refuse(shaping)));
  }
  const coerce: WriteValue = (value, shaping) => {
    if (value === null || value === undefined) return 'null';
    try {
      return JSON.stringify(type.serialize(value)) ?? refuse(shaping);
    } catch {
      return refuse(shaping);
    }
  };
  switch (type.name) {
    case 'String':
    case 'ID':
      return (value, shaping) => (typeof value === 'string' ? JSON.stringify(value) : coerce(value, shaping));
    case 'Boolean':
      return (value, shaping) => (value === true ? 'true' : value === false ? 'false' : coerce(value, shaping));
    case 'Int':
      return (value, shaping) =>
        typeof value === 'number' && (value | 0) === value ? `${value}` : coerce(value, shaping);
    default:
      return coerce;
  }
}

/** The value cannot be what its type says: null with an error, as for a field that failed. */
function refuse(shaping: Shaping): string {
  shaping.violations.push({ kind: 'type', responsePath: [], dataPath: [] });
  return 'null';
}
