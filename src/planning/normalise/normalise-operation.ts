/**
 * Normalises an operation for planning: fragments are inlined, `@skip` and `@include` are applied, literals become
 * variables, and every response key is derived from the field. The key of a field that takes arguments depends on their
 * values; the key of every other field is its name.
 *
 * So equivalent operations share a plan whatever aliases, fragments and variable names they use, and a client's alias
 * can never take the key under which a plan reads a required field. The client's response keys are restored when the
 * response is shaped (`keyOf`). Aliases of one field share its key, unless a failure for one would null the data of
 * another (`separateAliases`).
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { GatewayError } from '../../errors/index.ts';
import { invariant } from '../../lib/index.ts';
import { responseKeyOf } from '../plan/response-key.ts';
import { refuseDirectives, sentDirectives } from './executable-directives.ts';
import { OperationVariables, type VariableSource } from './operation-variables.ts';
import { type SeparateAliases, separateAliases } from './separate-aliases.ts';

/** The limit of selections of an operation with its fragments inlined; an operation with more is refused unplanned. */
const maxSelections = 10_000;

/** The limit of fields of an operation with every fragment spread expanded; an operation with more is refused too. */
const maxExpanded = 50_000;

export interface NormalisedOperation {
  /** The operation as text: the cache key of its plan, and the planner's input. Empty if nothing is to be fetched. */
  readonly text: string;
  readonly variables: ReadonlyMap<string, VariableSource>;
  /** The key of a field's value in the data. */
  keyOf(field: FieldNode): string;
  /** The error of a field that is not fetched because its arguments are invalid. */
  refusalOf(field: FieldNode): string | undefined;
}

export interface NormaliseOptions {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Whether a selection is executed, by its `@skip` and `@include`. */
  readonly included: (selection: SelectionNode) => boolean;
  /** The fields, as `Type.field`, that may be null in the schema and not in some subgraph. @default none */
  readonly strictFields?: ReadonlySet<string> | undefined;
  /** Whether a selection that is not executed fails the selection set it is in. @default none does */
  readonly failing?: (selection: SelectionNode) => boolean;
  /** Whether the caller may not read a field of objects of this type: it is not fetched. @default none is denied */
  readonly denied?: ((type: GraphQLObjectType, field: FieldNode) => boolean) | undefined;
  /** Defaults, of variables the client omits, that no Float can represent. */
  readonly defaults?: ReadonlyMap<string, ValueNode>;
}

const noDefaults: ReadonlyMap<string, ValueNode> = new Map();

/** Names of members of Object.prototype: plain objects inherit them, so fields with these names get another key. */
const inheritedNames: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** @throws GatewayError `PLAN_DEADLINE_EXCEEDED` for more selections than are planned */
export function normaliseOperation(options: NormaliseOptions): NormalisedOperation {
  const { schema, operation, fragments, included } = options;
  if (expandedSize(operation.selectionSet, options) > maxExpanded) throw new GatewayError('PLAN_DEADLINE_EXCEEDED');
  const merged = mergeOperation(options, undefined);
  if (!merged.hasAliases) return merged;
  const type = schema.getRootType(operation.operation);
  invariant(type != null, 'a validated operation has a root type');
  const aliases = { schema, fragments, included, keyOf: merged.keyIn, strictFields: options.strictFields };
  const separate = separateAliases(aliases, { type, set: operation.selectionSet });
  if (separate === undefined) return merged;
  try {
    return mergeOperation(options, { numbers: separate, keyIn: merged.keyIn });
  } catch (error) {
    // With nested aliases the operation may become too large: then all aliases share their fields.
    if (error instanceof GatewayError) return merged;
    throw error;
  }
}

interface MergedOperation extends NormalisedOperation {
  /** Whether some field with a selection set is selected under several aliases at one place. */
  readonly hasAliases: boolean;
  /** The key, if the field is executed. */
  keyIn(field: FieldNode): string | undefined;
}

/** Aliases with keys of their own, by the keys the fields have without them. */
interface Separated {
  readonly numbers: SeparateAliases;
  readonly keyIn: (field: FieldNode) => string | undefined;
}

function mergeOperation(options: NormaliseOptions, separated: Separated | undefined): MergedOperation {
  const { schema, operation, fragments, included } = options;
  const variables = new OperationVariables(schema, operation.variableDefinitions ?? []);
  const keys = new Map<FieldNode, string>();
  const refusals = new Map<FieldNode, string>();
  const keysByArguments = new Map<string, string>();
  const counters = new Map<string, number>();
  const firstNumbers = new Map<string, number>();
  const { separator, takingArguments } = namesOf(schema);
  const isMutation = operation.operation === 'mutation';
  let selections = 0;
  let hasAliases = false;

  const root = schema.getRootType(operation.operation);
  invariant(root != null, 'a validated operation has a root type');
  const selectionSet = mergeSelections(root, [operation.selectionSet], possibleTypes(root), true);
  const directives = variables.writeDirectives(sentDirectives(operation.directives));
  for (const definition of operation.variableDefinitions ?? []) refuseDirectives(definition.directives, 'a variable');
  const definitions = `${variables.definitions()}${directives}`;
  const head = isMutation || definitions !== '' ? `${operation.operation}${definitions}` : '';
  return {
    text: selectionSet === '' ? '' : `${head}${selectionSet}`,
    variables: variables.sources,
    hasAliases,
    keyIn: (field) => keys.get(field),
    refusalOf: (field) => refusals.get(field),
    keyOf(field) {
      const key = keys.get(field);
      invariant(key !== undefined, `${field.name.value} is executed`);
      return key;
    },
  };

  /** @param possible the possible object types: those of `type`, narrowed by the enclosing type conditions */
  function mergeSelections(
    type: GraphQLCompositeType,
    sets: Iterable<SelectionSetNode>,
    possible: readonly GraphQLObjectType[],
    isRoot = false,
  ): string {
    const fields = new Map<
      string,
      { readonly node: FieldNode; readonly sets: Set<SelectionSetNode>; readonly text: string }
    >();
    const conditions = new Map<string, Set<SelectionSetNode>>();
    const visited = new Set<string>();
    let fails = false;
    for (const set of sets) collect(set);
    if (fails) return isRoot ? '' : '{__typename}';

    let text = '';
    for (const { node, sets: inner, text: head } of fields.values()) {
      count();
      text += text === '' ? head : ` ${head}`;
      if (inner.size > 0) {
        const returned = compositeTypeOf(fieldOf(type, node).type);
        const body = mergeSelections(returned, inner, possibleTypes(returned));
        text += body.startsWith(conditionsOnly) && isNarrowedBySome(possible, node, returned) ? typed(body) : body;
      }
    }
    for (const [condition, inner] of conditions) {
      // A condition that never holds inside the enclosing ones is valid in a fragment, but planners reject it.
      const allowed = possible.filter((object) => alwaysHolds(object, condition));
      // A union has no fields, and planners mishandle one inside another abstract type: its types are listed instead.
      const conditionType = schema.getType(condition);
      for (const narrowed of isUnionType(conditionType) ? allowed : allowed.length === 0 ? [] : [conditionType]) {
        // Conditions are counted as well: nested fragment spreads can multiply them even if they select no field.
        count();
        invariant(isCompositeType(narrowed), `${condition} is a composite type`);
        const body = mergeSelections(narrowed, inner, isObjectType(narrowed) ? [narrowed] : allowed);
        if (body !== '') text += `${text === '' ? '' : ' '}...on ${narrowed.name}${body}`;
      }
    }
    if (text === '') return isRoot ? '' : '{__typename}';
    return `{${text}}`;

    function collect(set: SelectionSetNode): void {
      for (const selection of set.selections) {
        if (!included(selection)) {
          fails ||= options.failing?.(selection) === true;
          continue;
        }
        if (selection.kind === Kind.FIELD) {
          addField(selection);
          continue;
        }
        refuseDirectives(selection.directives, 'a fragment');
        if (selection.kind === Kind.INLINE_FRAGMENT) addFragment(selection);
        else {
          const name = selection.name.value;
          if (visited.has(name)) continue;
          visited.add(name);
          const fragment = fragments.get(name);
          refuseDirectives(fragment?.directives, 'a fragment');
          if (fragment !== undefined) addFragment(fragment);
        }
      }
    }

    function addFragment(fragment: InlineFragmentNode | FragmentDefinitionNode): void {
      const condition = fragment.typeCondition?.name.value;
      if (condition === undefined || alwaysHolds(type, condition)) {
        collect(fragment.selectionSet);
        return;
      }
      addConditional(condition, fragment.selectionSet);
    }

    function addConditional(condition: string, set: SelectionSetNode): void {
      const conditional = conditions.get(condition);
      if (conditional === undefined) conditions.set(condition, new Set([set]));
      else conditional.add(set);
    }

    /** A field that is denied for some of the possible types is selected of each of the others. */
    function isDeniedForSome(node: FieldNode): boolean {
      const { denied } = options;
      if (denied === undefined) return false;
      const allowed = possible.filter((object) => !denied(object, node));
      if (allowed.length === possible.length) return false;
      for (const { name } of allowed) addConditional(name, { kind: Kind.SELECTION_SET, selections: [node] });
      return true;
    }

    function addField(node: FieldNode): void {
      const name = node.name.value;
      if (name.startsWith('__')) {
        refuseDirectives(node.directives, name);
        keys.set(node, name);
        if (name === '__typename' && !isRoot) fields.set(name, { node, sets: new Set(), text: name });
        return;
      }
      if (isDeniedForSome(node)) return;
      const refusal = variables.refusalOf(fieldOf(type, node), node.arguments ?? [], options.defaults ?? noDefaults);
      if (refusal !== undefined) {
        keys.set(node, name);
        refusals.set(node, refusal);
        return;
      }
      const directives = variables.writeDirectives(sentDirectives(node.directives));
      const suffix = `${variables.writeArguments(fieldOf(type, node), node.arguments ?? [])}${directives}`;
      const key = keyFor(
        fieldOf(type, node),
        suffix,
        isRoot && isMutation ? responseKeyOf(node) : undefined,
        separated === undefined ? undefined : numberOf(separated, node),
        directives !== '',
      );
      keys.set(node, key);
      let entry = fields.get(key);
      if (entry === undefined) {
        entry = { node, sets: new Set(), text: `${key === name ? '' : `${key}:`}${name}${suffix}` };
        fields.set(key, entry);
      }
      if (node.selectionSet === undefined) return;
      entry.sets.add(node.selectionSet);
      hasAliases ||= responseKeyOf(node) !== responseKeyOf(entry.node);
    }
  }

  /** Whether an object type declares a narrower type for the field than the interface. */
  function isNarrowedBySome(
    possible: readonly GraphQLObjectType[],
    node: FieldNode,
    returned: GraphQLCompositeType,
  ): boolean {
    return possible.some((object) => getNamedType(fieldOf(object, node).type) !== returned);
  }

  function count(): void {
    if (++selections > maxSelections) throw new GatewayError('PLAN_DEADLINE_EXCEEDED');
  }

  function possibleTypes(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isObjectType(type) ? [type] : schema.getPossibleTypes(type);
  }

  /**
   * @param suffix the text of the field's arguments and directives
   * @param responseKey of a mutation field: selected under two response keys, it is executed twice
   * @param number distinguishes aliases that do not share the field; the first one has the key of a shared field
   */
  function keyFor(
    field: GraphQLField<unknown, unknown>,
    suffix: string,
    responseKey: string | undefined,
    number: number | undefined,
    hasDirectives: boolean,
  ): string {
    const isPlain =
      !hasDirectives &&
      responseKey === undefined &&
      !takingArguments.has(field.name) &&
      !inheritedNames.has(field.name);
    if (isPlain && number === undefined) return field.name;
    const shared = `${responseKey === undefined ? '' : `${responseKey}:`}${field.name}${suffix}`;
    const whole = number === undefined || isFirst(shared, number) ? shared : `${number} ${shared}`;
    if (isPlain && whole === shared) return field.name;
    const existingKey = keysByArguments.get(whole);
    if (existingKey !== undefined) return existingKey;
    const count = counters.get(field.name) ?? 0;
    counters.set(field.name, count + 1);
    const key = `${field.name}${separator}${count}`;
    keysByArguments.set(whole, key);
    return key;
  }

  function isFirst(shared: string, number: number): boolean {
    const first = firstNumbers.get(shared);
    if (first === undefined) firstNumbers.set(shared, number);
    return first === undefined || first === number;
  }

  function fieldOf(type: GraphQLCompositeType, node: FieldNode): GraphQLField<unknown, unknown> {
    const field = 'getFields' in type ? type.getFields()[node.name.value] : undefined;
    invariant(field !== undefined, `${type.name}.${node.name.value} exists in a validated operation`);
    return field;
  }

  function alwaysHolds(type: GraphQLCompositeType, condition: string): boolean {
    if (condition === type.name) return true;
    if (!isObjectType(type)) return false;
    const wider = schema.getType(condition);
    return isAbstractType(wider) && schema.isSubType(wider, type);
  }
}

function numberOf({ numbers, keyIn }: Separated, node: FieldNode): number | undefined {
  const key = node.selectionSet === undefined ? undefined : keyIn(node);
  return key === undefined ? undefined : numbers.get(key)?.get(responseKeyOf(node));
}

/** The start of a selection set without unconditional fields: fields precede conditions. */
const conditionsOnly = '{...on ';

/**
 * The selection set with an unconditional field. If none of the conditions holds for a type that narrows an interface's
 * field, Apollo's planner drops the field for that type, and an object becomes null.
 */
function typed(body: string): string {
  return `{__typename ${body.slice(1)}`;
}

/**
 * The number of fields of a selection set with its fragments expanded. Merged aliases are separated again in the
 * response, where each has all fields below it: 30 fragments that each spread the next twice make a thousand million.
 */
function expandedSize(selectionSet: SelectionSetNode, { fragments, included }: NormaliseOptions): number {
  const sizes = new Map<string, number>();
  return sizeOf(selectionSet);

  function sizeOf(set: SelectionSetNode): number {
    let size = 0;
    for (const selection of set.selections) {
      if (!included(selection)) continue;
      if (selection.kind === Kind.FIELD)
        size += 1 + (selection.selectionSet === undefined ? 0 : sizeOf(selection.selectionSet));
      else if (selection.kind === Kind.INLINE_FRAGMENT) size += sizeOf(selection.selectionSet);
      else size += sizeOfFragment(selection.name.value);
    }
    return size;
  }

  function sizeOfFragment(name: string): number {
    let size = sizes.get(name);
    if (size === undefined) {
      const fragment = fragments.get(name);
      size = fragment === undefined ? 0 : sizeOf(fragment.selectionSet);
      sizes.set(name, size);
    }
    return size;
  }
}

interface SchemaNames {
  /** The separator of a field's name and its number: more underscores than any field of the schema has before a number. */
  readonly separator: string;
  /**
   * Fields that take arguments in any type. A key must not depend on the type a fragment is spread in, and an object
   * type may add arguments to a field of its interface.
   */
  readonly takingArguments: ReadonlySet<string>;
}

const namesBySchema = new WeakMap<GraphQLSchema, SchemaNames>();

function namesOf(schema: GraphQLSchema): SchemaNames {
  const cachedNames = namesBySchema.get(schema);
  if (cachedNames !== undefined) return cachedNames;
  let separator = '__';
  const takingArguments = new Set<string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const { name, args } of Object.values(type.getFields())) {
      if (args.length > 0) takingArguments.add(name);
      const run = /(_+)\d+$/.exec(name)?.[1];
      if (run !== undefined && run.length >= separator.length) separator = `${run}_`;
    }
  }
  const names = { separator, takingArguments };
  namesBySchema.set(schema, names);
  return names;
}

function compositeTypeOf(type: Parameters<typeof getNamedType>[0]): GraphQLCompositeType {
  const namedType = getNamedType(type);
  invariant(isCompositeType(namedType), 'a field with a selection has a composite type');
  return namedType;
}
