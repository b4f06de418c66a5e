/**
 * The selections of an operation that `@rateLimit` counts: every place in the answer once for each rate, so that neither
 * aliases nor fragments read a field more often than it may be. Items of a list are one place.
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import { invariant } from '../../lib/index.ts';
import type { FieldRate, FieldRates } from '../../supergraph/index.ts';

/** A rate at a place of the answer. */
export interface RatedPlace {
  readonly rate: FieldRate;
  readonly field: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  /** What is refused with it, by `selectionKey`: an interface's rate is that of several types. */
  readonly selections: Set<string>;
}

export interface RatedOperation {
  readonly schema: GraphQLSchema;
  readonly rates: FieldRates;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
}

/** The most selection sets that are visited: as many as the planner takes. */
const maxVisits = 50_000;

const numbers = new WeakMap<FieldNode, number>();
const numbered = new WeakSet<DocumentNode>();

/** Numbers the fields of a document in its order: those of another parse of the same text have the same numbers. */
export function numberFields(document: DocumentNode): void {
  if (numbered.has(document)) return;
  numbered.add(document);
  let last = 0;
  const visitSet = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) numbers.set(selection, ++last);
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined)
        visitSet(selection.selectionSet);
    }
  };
  for (const definition of document.definitions) if ('selectionSet' in definition) visitSet(definition.selectionSet);
}

/** Names a field of objects of a type, where a document selects it. @returns undefined: its document was not numbered */
export function selectionKey(type: GraphQLObjectType, node: FieldNode): string | undefined {
  const number = numbers.get(node);
  return number === undefined ? undefined : `${type.name} ${number}`;
}

/** Whether the operation selects any field that has a rate. */
export function hasRatedField({ schema, rates, operation, fragments }: RatedOperation): boolean {
  const visited = new Map<SelectionSetNode, Set<string>>();
  const root = schema.getRootType(operation.operation);
  return root != null && visit(root, operation.selectionSet);

  function visit(type: GraphQLCompositeType, set: SelectionSetNode): boolean {
    let types = visited.get(set);
    if (types === undefined) {
      types = new Set();
      visited.set(set, types);
    }
    if (types.has(type.name)) return false;
    types.add(type.name);
    return set.selections.some((selection) => {
      if (selection.kind !== Kind.FIELD) {
        const within = narrowedBy(schema, fragments, selection, type);
        return within !== undefined && visit(within.type, within.set);
      }
      const { name, selectionSet } = selection;
      return objectsOf(schema, type).some((object) => {
        const field = object.getFields()[name.value];
        if (field === undefined) return false;
        if (rates.has(`${object.name}.${name.value}`)) return true;
        const returned = getNamedType(field.type);
        return selectionSet !== undefined && isCompositeType(returned) && visit(returned, selectionSet);
      });
    });
  }
}

/**
 * @param includes whether `@skip` and `@include` leave a selection in
 * @param reads whether the caller may read a field: others are no places
 * @throws GatewayError `PLAN_DEADLINE_EXCEEDED` for an operation that is too large to be planned
 */
export function ratedPlaces(
  { schema, rates, operation, fragments }: RatedOperation,
  includes: (selection: SelectionNode) => boolean,
  reads: (type: GraphQLObjectType, node: FieldNode) => boolean,
): readonly RatedPlace[] {
  const places = new Map<string, RatedPlace>();
  let visits = 0;
  const root = schema.getRootType(operation.operation);
  if (root != null) visit([root], operation.selectionSet, '');
  return [...places.values()];

  function visit(objects: readonly GraphQLObjectType[], set: SelectionSetNode, path: string): void {
    if (++visits > maxVisits) throw new GatewayError('PLAN_DEADLINE_EXCEEDED');
    for (const selection of set.selections) {
      if (!includes(selection)) continue;
      if (selection.kind === Kind.FIELD) {
        visitField(objects, selection, `${path}.${(selection.alias ?? selection.name).value}`);
        continue;
      }
      const within = narrowedBy(schema, fragments, selection, undefined);
      if (within === undefined) continue;
      const reached =
        within.type === undefined
          ? objects
          : objectsOf(schema, within.type).filter((object) => objects.includes(object));
      if (reached.length > 0) visit(reached, within.set, path);
    }
  }

  function visitField(objects: readonly GraphQLObjectType[], node: FieldNode, path: string): void {
    const name = node.name.value;
    const below = new Set<GraphQLObjectType>();
    for (const object of objects) {
      const field = object.getFields()[name];
      if (field === undefined || !reads(object, node)) continue;
      for (const rate of rates.get(`${object.name}.${name}`) ?? []) add(rate, path, object, field, node);
      const returned = getNamedType(field.type);
      if (isCompositeType(returned)) for (const type of objectsOf(schema, returned)) below.add(type);
    }
    if (node.selectionSet !== undefined && below.size > 0) visit([...below], node.selectionSet, path);
  }

  function add(
    rate: FieldRate,
    path: string,
    object: GraphQLObjectType,
    field: GraphQLField<unknown, unknown>,
    node: FieldNode,
  ): void {
    const key = `${rate.id} ${path}`;
    const selection = selectionKey(object, node);
    invariant(selection !== undefined, 'the document was numbered');
    const place = places.get(key);
    if (place === undefined) places.set(key, { rate, field, node, selections: new Set([selection]) });
    else place.selections.add(selection);
  }
}

function objectsOf(schema: GraphQLSchema, type: GraphQLCompositeType): readonly GraphQLObjectType[] {
  return isObjectType(type) ? [type] : schema.getPossibleTypes(type);
}

/** The selections of a fragment, and the type that its condition names; without one, the type it is in. */
function narrowedBy<Type extends GraphQLCompositeType | undefined>(
  schema: GraphQLSchema,
  fragments: RatedOperation['fragments'],
  selection: Exclude<SelectionNode, FieldNode>,
  outer: Type,
): { readonly type: GraphQLCompositeType | Type; readonly set: SelectionSetNode } | undefined {
  const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
  if (fragment === undefined) return undefined;
  const condition = fragment.typeCondition?.name.value;
  if (condition === undefined) return { type: outer, set: fragment.selectionSet };
  const type = schema.getType(condition);
  return isCompositeType(type) ? { type, set: fragment.selectionSet } : undefined;
}
