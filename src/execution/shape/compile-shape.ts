/**
 * Compiles a selection into functions that write the answer from the data in one pass, as JSON text: the client's keys
 * and order, abstract types by what each object is, leaves coerced, nulls carried up to the nearest place that allows
 * them (GraphQL, sections 6.3 and 6.4). Nothing is allocated per field but the text.
 *
 * Longer than other files, because its functions call each other round in a circle: types, objects, fields, types.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLLeafType,
  type GraphQLNullableType,
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
import { ExactNumber, invariant } from '../../lib/index.ts';
import { isWithinDepth } from '../../transport/index.ts';
import { type DataObject, isDataObject } from '../data/data.ts';
import type { AnswerWriter, Violation } from './answer-writer.ts';

/** @returns whether a value was written; where not, nothing was, and the value is null */
export type WriteValue = (value: unknown, out: AnswerWriter) => boolean;

export interface FieldShape {
  readonly responseKey: string;
  readonly dataKey: string;
  readonly prefix: string;
  readonly write: WriteValue;
  readonly nonNull: boolean;
  /** The object shape below it, through lists, for walking paths. */
  readonly inner: ObjectShapes | undefined;
}

/** The shapes of a place: one for an object type, one per member of an abstract one. */
export interface ObjectShapes {
  /** @param typeName the object's own type, as the data says; ignored where the type is no abstract one */
  shapeOf(typeName: unknown): ObjectShape | undefined;
  /** Whatever may stand there. */
  all(): Iterable<ObjectShape>;
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
  /** Whether a selection that is not included fails the object it is selected on. */
  readonly failing: (selection: SelectionNode) => boolean;
  /** Why a field fails without having been asked for, where it does. */
  readonly refusalOf: (field: FieldNode) => string | undefined;
  /** Told how many fields have been compiled: types are when the first answer has them. */
  readonly onCompiled: (fields: number) => void;
}

export interface OperationShape {
  /** Writes the value of `data`. */
  write(data: DataObject, out: AnswerWriter): void;
  readonly root: ObjectShape;
}

export function compileShape(
  options: ShapeOptions,
  rootType: GraphQLObjectType,
  selectionSet: SelectionSetNode,
): OperationShape {
  const { schema, fragments, included, failing, keyOf, refusalOf, onCompiled } = options;
  const root = compileObject(rootType, [selectionSet]);
  return {
    root,
    write(data, out) {
      if (!writeObject(root, data, out)) out.text += 'null';
    },
  };

  function compileObject(
    type: GraphQLObjectType | GraphQLInterfaceType,
    sets: readonly SelectionSetNode[],
  ): ObjectShape {
    let fields: readonly FieldShape[] | undefined;
    return {
      // On first use: a plan may name types of an interface that no answer ever has.
      get fields() {
        if (fields === undefined) {
          fields = compileFields(type, sets);
          onCompiled(fields.length);
        }
        return fields;
      },
    };
  }

  function compileFields(
    type: GraphQLObjectType | GraphQLInterfaceType,
    sets: readonly SelectionSetNode[],
  ): readonly FieldShape[] {
    const collected = collectFields(type, sets);
    if (collected === undefined) return [failedObject];
    return [...collected].map(([responseKey, nodes], index) => compileField(type, responseKey, nodes, index));
  }

  /**
   * CollectFields of the specification, section 6.3.2, for one object type.
   *
   * @returns undefined where a condition has no value: that fails the object
   */
  function collectFields(
    type: GraphQLObjectType | GraphQLInterfaceType,
    sets: readonly SelectionSetNode[],
  ): Map<string, FieldNode[]> | undefined {
    const fields = new Map<string, FieldNode[]>();
    const visited = new Set<string>();
    let fails = false;
    for (const set of sets) collect(set);
    return fails ? undefined : fields;

    function collect(set: SelectionSetNode): void {
      for (const selection of set.selections) {
        if (!included(selection)) {
          fails ||= failing(selection);
          continue;
        }
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
    return isObjectType(type)
      ? schema.isSubType(wider, type)
      : schema.getPossibleTypes(type).every((one) => schema.isSubType(wider, one));
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
      const write: WriteValue = (_value, out) => {
        out.text += text;
        return true;
      };
      return { responseKey, dataKey: name, prefix, write, nonNull: false, inner: undefined };
    }
    if (name === '__schema' || name === '__type') {
      const write: WriteValue = (_value, out) => {
        out.text += out.introspect(nodes);
        return true;
      };
      return { responseKey, dataKey: name, prefix, write, nonNull: false, inner: undefined };
    }
    const field = parent.getFields()[name];
    invariant(field !== undefined, `${parent.name}.${name} exists in a validated operation`);
    const refusal = refusalOf(node);
    if (refusal !== undefined)
      return {
        responseKey,
        dataKey: name,
        prefix,
        nonNull: isNonNullType(field.type),
        inner: undefined,
        write: refusing(refusal),
      };
    const sets = nodes.flatMap((one) => (one.selectionSet === undefined ? [] : [one.selectionSet]));
    return { responseKey, dataKey: keyOf(node), prefix, ...compileType(field.type, sets) };
  }

  function compileType(
    type: GraphQLOutputType,
    sets: readonly SelectionSetNode[],
  ): TypeShape & { readonly nonNull: boolean } {
    return isNonNullType(type)
      ? { ...compileNullable(type.ofType, sets), nonNull: true }
      : { ...compileNullable(type, sets), nonNull: false };
  }

  function compileNullable(
    type: GraphQLNullableType & GraphQLOutputType,
    sets: readonly SelectionSetNode[],
  ): TypeShape {
    if (isListType(type)) {
      const { write, nonNull, inner } = compileType(type.ofType, sets);
      return { inner, write: (value, out) => writeList(write, nonNull, value, out) };
    }
    if (isObjectType(type)) {
      const shape = compileObject(type, sets);
      return {
        inner: { shapeOf: () => shape, all: () => [shape] },
        write: (value, out) => writeObjectValue(shape, value, out),
      };
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

  function compileAbstract(type: GraphQLAbstractType, sets: readonly SelectionSetNode[]): TypeShape {
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
    const write: WriteValue = (value, out) => {
      if (value === null || value === undefined) return false;
      const shape = isDataObject(value) ? shapeOf(value.__typename) : undefined;
      return shape === undefined ? refuse(out) : writeObjectValue(shape, value, out);
    };
    const all = (): readonly ObjectShape[] => schema.getPossibleTypes(type).flatMap(({ name }) => shapeOf(name) ?? []);
    return { inner: { shapeOf, all }, write };
  }
}

/** No field's name: what fails is the object. */
const itself = '';

/** Of an object whose fields cannot be told: a `@skip` or `@include` has null for its condition. */
const failedObject: FieldShape = {
  responseKey: itself,
  dataKey: itself,
  prefix: '',
  nonNull: true,
  inner: undefined,
  write: refusing('Argument "if" of non-null type "Boolean!" must not be null.'),
};

function refusing(refusal: string): WriteValue {
  return (_value, out) => {
    out.violate(refusal);
    return false;
  };
}

interface TypeShape {
  readonly write: WriteValue;
  readonly inner: ObjectShapes | undefined;
}

function writeObjectValue(shape: ObjectShape, value: unknown, out: AnswerWriter): boolean {
  if (value === null || value === undefined) return false;
  if (!isDataObject(value)) return refuse(out);
  if (out.shared.size === 0 || !out.shared.has(value)) return writeObject(shape, value, out);
  const known = out.known(shape, value);
  if (known === undefined) return out.keep(shape, value, writeObject);
  out.text += known;
  return true;
}

/** @returns false where a field that may not be null is */
function writeObject(shape: ObjectShape, value: DataObject, out: AnswerWriter): boolean {
  const { violations, length, text } = out;
  out.text += '{';
  for (const field of shape.fields) {
    const count = violations.length;
    out.text += field.prefix;
    const inner = value[field.dataKey];
    const written = field.write(inner, out);
    if (!written) {
      if (field.nonNull && (inner === null || inner === undefined) && violations.length === count) out.violate();
      out.text += 'null';
    }
    if (violations.length !== count) prepend(violations, count, field.responseKey, field.dataKey);
    if (!written && field.nonNull) {
      out.rollback(length, text);
      return false;
    }
  }
  out.text += '}';
  return true;
}

function writeList(write: WriteValue, nonNull: boolean, value: unknown, out: AnswerWriter): boolean {
  if (value === null || value === undefined) return false;
  if (!Array.isArray(value)) return refuse(out);
  const { violations, length, text } = out;
  out.text += '[';
  for (let index = 0; index < value.length; index++) {
    const count = violations.length;
    if (index > 0) out.text += ',';
    const item: unknown = value[index];
    const written = write(item, out);
    if (!written) {
      if (nonNull && (item === null || item === undefined) && violations.length === count) out.violate();
      out.text += 'null';
    }
    if (violations.length !== count) prepend(violations, count, index, index);
    if (!written && nonNull) {
      out.rollback(length, text);
      return false;
    }
    out.flushIfLong();
  }
  out.text += ']';
  return true;
}

function prepend(
  violations: readonly Violation[],
  from: number,
  responseStep: string | number,
  dataStep: string | number,
): void {
  if (responseStep === itself) return;
  for (let index = from; index < violations.length; index++) {
    violations[index]?.responsePath.unshift(responseStep);
    violations[index]?.dataPath.unshift(dataStep);
  }
}

function compileLeaf(type: GraphQLLeafType): WriteValue {
  if (isEnumType(type)) {
    const texts = new Map(type.getValues().map(({ name }) => [name as unknown, JSON.stringify(name)]));
    return (value, out) => {
      if (value === null || value === undefined) return false;
      const text = texts.get(value);
      if (text === undefined) return refuse(out);
      out.text += text;
      return true;
    };
  }
  const coerce: WriteValue = (value, out) => {
    if (value === null || value === undefined) return false;
    if (typeof value === 'object' && !isWithinDepth(value)) return refuse(out);
    let text: string | undefined;
    try {
      text = value instanceof ExactNumber ? exactText(type, value) : JSON.stringify(type.serialize(value));
    } catch {
      return refuse(out);
    }
    if (text === undefined || text === 'null') return refuse(out);
    out.text += text;
    return true;
  };
  switch (type.name) {
    case 'String':
    case 'ID':
      return (value, out) => {
        if (typeof value !== 'string') return coerce(value, out);
        out.text += JSON.stringify(value);
        return true;
      };
    case 'Boolean':
      return (value, out) => {
        if (typeof value !== 'boolean') return coerce(value, out);
        out.text += value ? 'true' : 'false';
        return true;
      };
    case 'Int':
      return (value, out) => {
        if (typeof value !== 'number' || (value | 0) !== value) return coerce(value, out);
        out.text += value;
        return true;
      };
    case 'Float':
      return (value, out) => {
        if (typeof value !== 'number' || !Number.isFinite(value)) return coerce(value, out);
        out.text += Object.is(value, -0) ? '-0' : value;
        return true;
      };
    default:
      return (value, out) => {
        if (!Object.is(value, -0)) return coerce(value, out);
        out.text += '-0'; // which JSON.stringify writes without its sign
        return true;
      };
  }
}

/** A number that no JavaScript number is equal to, as its type writes it: with the digits it has. */
function exactText(type: GraphQLLeafType, exact: ExactNumber): string {
  const { text } = exact;
  const number = Number(text);
  switch (type.name) {
    case 'Float':
      type.serialize(number); // throws where it is beyond a Float's bounds
      return text;
    case 'String':
      return `"${text}"`;
    case 'ID':
      return /^-?\d+$/.test(text) ? `"${text}"` : JSON.stringify(type.serialize(number));
    case 'Int':
    case 'Boolean':
      return JSON.stringify(type.serialize(number));
    default:
      return JSON.stringify(type.serialize(exact));
  }
}

/** The value cannot be what its type says: null with an error, as for a field that failed. */
function refuse(out: AnswerWriter): false {
  out.violate();
  return false;
}
