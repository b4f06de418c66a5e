/**
 * Compiles a selection into functions that write the answer from the data in one pass, as JSON text: the client's keys
 * and order, abstract types by what each object is, leaves coerced, nulls carried up to the nearest place that allows
 * them (GraphQL, sections 6.3 and 6.4). Nothing is allocated per field but the text.
 */

import {
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLNullableType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  isAbstractType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  type SelectionSetNode,
} from 'graphql';
import type { Denials, Mask } from '../../access/index.ts';
import { invariant } from '../../lib/index.ts';
import { type DataObject, isDataObject } from '../data/data.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { collectFields, type SelectionOptions, selectsNoType } from './collect-fields.ts';
import { compileLeaf } from './compile-leaf.ts';
import { compileMasked } from './compile-masked.ts';
import type { FieldShape, ObjectShape, PlainType, TypeShape, WriteValue } from './object-shape.ts';
import { type FieldGroup, groupFields, plainList, plainObject } from './plain-fields.ts';
import {
  deniedObject,
  denyField,
  failedObject,
  limitField,
  refuse,
  refusing,
  writeList,
  writeObject,
  writeObjectValue,
} from './write-values.ts';

export interface ShapeOptions extends SelectionOptions {
  /** The key of a field in the data. */
  readonly keyOf: (field: FieldNode) => string;
  /** The error of a field that no subgraph is asked for because it cannot succeed. */
  readonly refusalOf: (field: FieldNode) => string | undefined;
  /** What the caller may not read. @default nothing is denied */
  readonly denials?: Denials | undefined;
  /** Called with the number of fields compiled for a type, when the first answer has an object of that type. */
  readonly onCompiled: (fields: number) => void;
}

export interface OperationShape {
  /** Writes the value of `data`: null where the caller may not read any of its fields. */
  write(data: DataObject, out: AnswerWriter): void;
  readonly root: ObjectShape;
}

/** Objects of a shape that are written field by field: compiling more would not pay for an operation that is run once. */
const objectsUntilGrouped = 100;

export function compileShape(
  options: ShapeOptions,
  rootType: GraphQLObjectType,
  selectionSet: SelectionSetNode,
): OperationShape {
  const { schema, keyOf, refusalOf, denials, onCompiled } = options;
  const root = compileObject(rootType, [selectionSet]);
  return {
    root,
    write(data, out) {
      const { length, text } = out;
      if (!writeObject(root, data, out)) out.text += 'null';
      else if (denials !== undefined && isNothingAllowed()) {
        out.rollback(length, text);
        out.text += 'null';
      }
    },
  };

  function isNothingAllowed(): boolean {
    const { fields } = root;
    return fields.length > 0 && fields.every(({ write }) => write === denyField);
  }

  function compileObject(
    type: GraphQLObjectType | GraphQLInterfaceType,
    sets: readonly SelectionSetNode[],
  ): ObjectShape {
    let fields: readonly FieldShape[] | undefined;
    let count = 0;
    let apart: readonly FieldGroup[] | undefined;
    let together: readonly FieldGroup[] | undefined;
    return {
      // Compiled on first use: most answers have objects of only some of an interface's types.
      get fields() {
        if (fields === undefined) {
          fields = compileFields(type, sets);
          onCompiled(fields.length);
        }
        return fields;
      },
      groups(withObjects) {
        const groups = withObjects ? together : apart;
        if (groups !== undefined || ++count < objectsUntilGrouped || this.fields.length === 0) return groups;
        onCompiled(this.fields.length);
        if (withObjects) {
          together = groupFields(this.fields, true);
          return together;
        }
        apart = groupFields(this.fields, false);
        return apart;
      },
    };
  }

  function compileFields(
    type: GraphQLObjectType | GraphQLInterfaceType,
    sets: readonly SelectionSetNode[],
  ): readonly FieldShape[] {
    if (denials?.isTypeDenied(type.name) === true) return [deniedObject];
    const collected = collectFields(options, type, sets);
    if (collected === undefined) return [failedObject];
    return [...collected].map(([responseKey, nodes], index) => compileField(type, responseKey, nodes, index));
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
      const plain: PlainType = { kind: 'leaf', accepts: () => true, source: 'true' };
      return {
        responseKey,
        dataKey: name,
        prefix,
        write,
        nonNull: false,
        inner: undefined,
        plain,
        constant: parent.name,
      };
    }
    if (name === '__schema' || name === '__type') {
      const write: WriteValue = (_value, out) => {
        out.text += out.introspect(nodes);
        return true;
      };
      return { responseKey, dataKey: name, prefix, write, nonNull: false, inner: undefined, plain: undefined };
    }
    const field = parent.getFields()[name];
    invariant(field !== undefined, `${parent.name}.${name} exists in a validated operation`);
    const refused = {
      responseKey,
      dataKey: name,
      prefix,
      nonNull: isNonNullType(field.type),
      inner: undefined,
      plain: undefined,
    };
    if (denials !== undefined && isDenied(denials, parent, node))
      return { ...refused, write: refusalOfDenied(denials, parent, node) };
    const refusal = refusalOf(node);
    if (refusal !== undefined) return { ...refused, write: refusing({ code: 'BAD_USER_INPUT', message: refusal }) };
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const mask = denials === undefined ? undefined : maskFor(denials, parent, node);
    if (mask !== undefined) return { responseKey, dataKey: keyOf(node), prefix, ...compileMasked(field.type, mask) };
    return { responseKey, dataKey: keyOf(node), prefix, ...compileType(field.type, sets) };
  }

  /** Of an object whose type only an interface is known of: where the types differ, nothing of the value is shown. */
  function maskFor(
    denials: Denials,
    parent: GraphQLObjectType | GraphQLInterfaceType,
    node: FieldNode,
  ): Mask | undefined {
    if (isObjectType(parent)) return denials.maskOf(parent, node);
    const masks = schema.getPossibleTypes(parent).map((type) => denials.maskOf(type, node));
    return masks.every((mask) => mask === undefined) ? undefined : () => null;
  }

  function refusalOfDenied(
    denials: Denials,
    parent: GraphQLObjectType | GraphQLInterfaceType,
    node: FieldNode,
  ): WriteValue {
    const types = isObjectType(parent) ? [parent] : schema.getPossibleTypes(parent);
    for (const type of types) {
      const code = denials.isDenied(type, node) ? denials.codeOf?.(type, node) : undefined;
      if (code === 'RATE_LIMITED') return limitField;
    }
    return denyField;
  }

  /** Of an object whose type only an interface is known of, a field that is denied for some type is denied. */
  function isDenied(denials: Denials, parent: GraphQLObjectType | GraphQLInterfaceType, node: FieldNode): boolean {
    const types = isObjectType(parent) ? [parent] : schema.getPossibleTypes(parent);
    return types.some((type) => denials.isDenied(type, node));
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
      const item = compileType(type.ofType, sets);
      const { write, nonNull, inner, plain } = item;
      return {
        inner,
        plain: plainList(plain, nonNull),
        parts: { kind: 'list', item },
        write: (value, out) => writeList(write, nonNull, value, out),
      };
    }
    if (isObjectType(type)) {
      const shape = compileObject(type, sets);
      const shapeOf = (): ObjectShape => shape;
      return {
        inner: { shapeOf, all: () => [shape] },
        plain: plainObject(shapeOf),
        parts: { kind: 'object', shapeOf },
        write: (value, out) => writeObjectValue(shape, value, out),
      };
    }
    if (isAbstractType(type)) return compileAbstract(type, sets);
    return compileLeaf(type);
  }

  /**
   * An object that a subgraph with an interface object returns may name only the interface as its type, or no type.
   * Where the client selects neither `__typename` nor by type, no plan fetches its concrete type.
   */
  function compileUntyped(type: GraphQLAbstractType, sets: readonly SelectionSetNode[]): ObjectShape | undefined {
    if (!isInterfaceType(type)) return undefined;
    return selectsNoType(options, type, sets) ? compileObject(type, sets) : undefined;
  }

  function compileAbstract(type: GraphQLAbstractType, sets: readonly SelectionSetNode[]): TypeShape {
    const shapes = new Map<unknown, ObjectShape | undefined>();
    const shapeOf = (typeName: unknown): ObjectShape | undefined => {
      const compiled = shapes.get(typeName);
      if (compiled !== undefined || shapes.has(typeName)) return compiled;
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
    return { inner: { shapeOf, all }, plain: plainObject(shapeOf), parts: { kind: 'object', shapeOf }, write };
  }
}
