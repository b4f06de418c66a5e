/**
 * The shape of the requested output, from a GraphQL type and the client's selection: a finite tree from which the JSON
 * schema is generated and by which answers are parsed.
 *
 * Fields keep the order of their type, not of the selection, so that clients with the same selection share cached answers.
 * All possible types of an interface or union remain choices, even without selected fields: the selection must not
 * influence which type the model chooses.
 */
import {
  defaultFieldResolver,
  type GraphQLAbstractType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { GatewayError } from '../../../errors/index.ts';
import { type OutputLeaf, outputLeaf } from './output-leaf.ts';
import { type OutputSelection, selectedFields } from './output-selection.ts';

interface Nullable {
  readonly isNullable: boolean;
}

export type OutputShape = LeafShape | ListShape | ObjectShape | AbstractShape;

export interface LeafShape extends Nullable {
  readonly kind: 'leaf';
  readonly leaf: OutputLeaf;
}

export interface ListShape extends Nullable {
  readonly kind: 'list';
  readonly item: OutputShape;
}

export interface ObjectShape extends Nullable {
  readonly kind: 'object';
  readonly typeName: string;
  readonly description: string | undefined;
  readonly fields: readonly FieldShape[];
}

/** An interface or a union; `__typename` is the discriminator. */
export interface AbstractShape extends Nullable {
  readonly kind: 'abstract';
  readonly description: string | undefined;
  readonly types: ReadonlyMap<string, ObjectShape>;
}

export interface FieldShape {
  readonly name: string;
  readonly description: string | undefined;
  readonly shape: OutputShape;
}

/** Limit of fields and types in one answer, against nested fragments. No provider accepts more. */
const maxNodes = 5_000;

/**
 * @param selection `undefined`: everything except deprecated fields and recursive types
 * @throws GatewayError `AI_REQUEST_INVALID` for a selection of more than 5,000 fields
 */
export function outputShape(
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  selection: OutputSelection | undefined,
): OutputShape {
  let remaining = maxNodes;
  const count = (): void => {
    if (remaining-- === 0) throw new GatewayError('AI_REQUEST_INVALID', { detail: `more than ${maxNodes} fields` });
  };

  const shapeOf = (
    currentType: GraphQLOutputType,
    selected: OutputSelection | undefined,
    within: readonly string[],
  ): OutputShape => {
    const isNullable = !isNonNullType(currentType);
    const nullableType = isNonNullType(currentType) ? currentType.ofType : currentType;
    if (isListType(nullableType))
      return { kind: 'list', isNullable, item: shapeOf(nullableType.ofType, selected, within) };
    if (isLeafType(nullableType)) return { kind: 'leaf', isNullable, leaf: outputLeaf(nullableType) };
    if (isObjectType(nullableType)) return objectShape(nullableType, isNullable, selected, within);
    return abstractShape(nullableType, isNullable, selected, within);
  };

  const objectShape = (
    object: GraphQLObjectType,
    isNullable: boolean,
    selected: OutputSelection | undefined,
    within: readonly string[],
  ): ObjectShape => {
    count();
    const nodesByField = selected === undefined ? undefined : selectedFields(schema, object, selected);
    const inside = [...within, object.name];
    const fields: FieldShape[] = [];
    for (const field of Object.values(object.getFields())) {
      if (!isModelWritten(field)) continue;
      const nodes = nodesByField?.get(field.name);
      if (selected === undefined ? isOmitted(field, inside) : nodes === undefined) continue;
      count();
      const below = selected === undefined || nodes === undefined ? undefined : { ...selected, nodes };
      fields.push({
        name: field.name,
        description: field.description || undefined,
        shape: shapeOf(field.type, below, inside),
      });
    }
    return {
      kind: 'object',
      isNullable,
      typeName: object.name,
      description: object.description || undefined,
      fields,
    };
  };

  const abstractShape = (
    abstract: GraphQLAbstractType,
    isNullable: boolean,
    selected: OutputSelection | undefined,
    within: readonly string[],
  ): AbstractShape => {
    const types = new Map<string, ObjectShape>();
    for (const possible of schema.getPossibleTypes(abstract)) {
      if (selected === undefined && within.includes(possible.name)) continue;
      types.set(possible.name, objectShape(possible, false, selected, within));
    }
    return { kind: 'abstract', isNullable, description: abstract.description || undefined, types };
  };

  return shapeOf(type, selection, []);
}

/**
 * Whether the model that generates an object also generates this field: not if the field has its own @generate or resolver,
 * or if another subgraph resolves it.
 */
export function isModelWritten({ name, astNode, resolve }: GraphQLField<unknown, unknown>): boolean {
  if (name === '__proto__' || (resolve !== undefined && resolve !== defaultFieldResolver)) return false;
  return astNode?.directives?.some((directive) => answeredElsewhere.has(directive.name.value)) !== true;
}

const answeredElsewhere: ReadonlySet<string> = new Set([
  ...['generate', 'ai__generate'],
  ...['external', 'federation__external'],
]);

function isOmitted({ deprecationReason, type }: GraphQLField<unknown, unknown>, inside: readonly string[]): boolean {
  if (deprecationReason != null) return true;
  let namedType: GraphQLOutputType = type;
  while (isNonNullType(namedType) || isListType(namedType)) namedType = namedType.ofType;
  return inside.includes(namedType.name);
}
