/**
 * Brings an operation into the form that is planned: fragments merged in, `@skip` and `@include` decided, literals
 * lifted into variables, and every response key made from the field itself. A field that takes arguments gets a key
 * made from their values, every other field its own name.
 *
 * So operations that ask for the same share a plan, whatever they call things; and a client's alias or argument can
 * never take the name under which a plan reads a required field. The client's own keys come back when the answer is
 * shaped (`keyOf`). Aliases of one field share its key, unless what fails for one would be missing for the other
 * (`separateAliases`).
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
import { refuseDirectives, sentDirectives } from './executable-directives.ts';
import { OperationVariables, type VariableSource } from './operation-variables.ts';
import { type SeparateAliases, separateAliases } from './separate-aliases.ts';

/** How many selections an operation may have once its fragments are merged in; more is refused unplanned. */
const maxSelections = 10_000;

/** How many fields an answer may have per object it has, fragments written out; more is refused too. */
const maxExpanded = 50_000;

export interface NormalisedOperation {
  /** The operation as text: what a plan is cached by, and made from. Empty where nothing is to be fetched. */
  readonly text: string;
  readonly variables: ReadonlyMap<string, VariableSource>;
  /** The key under which a field's value stands in the data. */
  keyOf(field: FieldNode): string;
  /** Why a field fails without being asked for, where it does. */
  refusalOf(field: FieldNode): string | undefined;
}

export interface NormaliseOptions {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Whether a selection is part of this run, by its `@skip` and `@include`. */
  readonly included: (selection: SelectionNode) => boolean;
  /** The fields, as `Type.field`, that may be null in the schema and not in some subgraph. @default none */
  readonly strictFields?: ReadonlySet<string> | undefined;
  /** Whether a selection that is not part of it fails the selection it is in. @default none does */
  readonly failing?: (selection: SelectionNode) => boolean;
  /** Of the variables that stand for a number no Float can be, where the client left them out. */
  readonly defaults?: ReadonlyMap<string, ValueNode>;
}

const noDefaults: ReadonlyMap<string, ValueNode> = new Map();

/** Names of Object.prototype: as keys of plain objects they would read inherited members, so they get another key. */
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
    // Aliases within aliases: what is too much to be planned apart is still answered together.
    if (error instanceof GatewayError) return merged;
    throw error;
  }
}

interface MergedOperation extends NormalisedOperation {
  /** Whether some field with a selection has been met under several names of the client's at one place. */
  readonly hasAliases: boolean;
  /** The key, where the field is part of this run. */
  keyIn(field: FieldNode): string | undefined;
}

/** Aliases that are kept apart, by the keys that fields have where none are. */
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
  for (const one of operation.variableDefinitions ?? []) refuseDirectives(one.directives, 'a variable');
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
      invariant(key !== undefined, `${field.name.value} is part of this run`);
      return key;
    },
  };

  /** @param possible the object types that can be met here: those of `type`, narrowed by the conditions around it */
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
      // A condition that cannot hold inside those around it is valid in a fragment, but no planner takes it.
      const left = possible.filter((one) => alwaysHolds(one, condition));
      // A union has no fields of its own, and planners get lost in one inside another abstract type.
      const narrowed = schema.getType(condition);
      for (const one of isUnionType(narrowed) ? left : left.length === 0 ? [] : [narrowed]) {
        // Conditions count as well: they double where fragments spread fragments, even where no field is left in them.
        count();
        invariant(isCompositeType(one), `${condition} is a composite type`);
        const body = mergeSelections(one, inner, isObjectType(one) ? [one] : left);
        if (body !== '') text += `${text === '' ? '' : ' '}...on ${one.name}${body}`;
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
      const known = conditions.get(condition);
      if (known === undefined) conditions.set(condition, new Set([fragment.selectionSet]));
      else known.add(fragment.selectionSet);
    }

    function addField(node: FieldNode): void {
      const name = node.name.value;
      if (name.startsWith('__')) {
        refuseDirectives(node.directives, name);
        keys.set(node, name);
        if (name === '__typename' && !isRoot) fields.set(name, { node, sets: new Set(), text: name });
        return;
      }
      const refusal = variables.refusalOf(fieldOf(type, node), node.arguments ?? [], options.defaults ?? noDefaults);
      if (refusal !== undefined) {
        keys.set(node, name);
        refusals.set(node, refusal);
        return;
      }
      const directives = variables.writeDirectives(sentDirectives(node.directives));
      const written = `${variables.writeArguments(fieldOf(type, node), node.arguments ?? [])}${directives}`;
      const key = keyFor(
        fieldOf(type, node),
        written,
        isRoot && isMutation ? (node.alias ?? node.name).value : undefined,
        separated === undefined ? undefined : numberOf(separated, node),
        directives !== '',
      );
      keys.set(node, key);
      let entry = fields.get(key);
      if (entry === undefined) {
        entry = { node, sets: new Set(), text: `${key === name ? '' : `${key}:`}${name}${written}` };
        fields.set(key, entry);
      }
      if (node.selectionSet === undefined) return;
      entry.sets.add(node.selectionSet);
      hasAliases ||= (node.alias ?? node.name).value !== (entry.node.alias ?? entry.node.name).value;
    }
  }

  /** Whether an object type of an interface gives something narrower than the interface's field says. */
  function isNarrowedBySome(
    possible: readonly GraphQLObjectType[],
    node: FieldNode,
    returned: GraphQLCompositeType,
  ): boolean {
    return possible.some((one) => getNamedType(fieldOf(one, node).type) !== returned);
  }

  function count(): void {
    if (++selections > maxSelections) throw new GatewayError('PLAN_DEADLINE_EXCEEDED');
  }

  function possibleTypes(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isObjectType(type) ? [type] : schema.getPossibleTypes(type);
  }

  /**
   * @param responseKey of a mutation: asked for under two, it runs twice
   * @param number tells apart aliases that do not share the field; the first one met has the key of those that do
   */
  function keyFor(
    field: GraphQLField<unknown, unknown>,
    written: string,
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
    const shared = `${responseKey === undefined ? '' : `${responseKey}:`}${field.name}${written}`;
    const whole = number === undefined || isFirst(shared, number) ? shared : `${number} ${shared}`;
    if (isPlain && whole === shared) return field.name;
    const known = keysByArguments.get(whole);
    if (known !== undefined) return known;
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
  return key === undefined ? undefined : numbers.get(key)?.get((node.alias ?? node.name).value);
}

/** How a selection starts that asks for nothing but by condition: fields stand before conditions. */
const conditionsOnly = '{...on ';

/**
 * With a field that no condition stands before. Under an interface whose types narrow the field, none of the conditions
 * may hold for one type: Apollo's planner then drops the field for that type, and an object becomes a null.
 */
function typed(body: string): string {
  return `{__typename ${body.slice(1)}`;
}

/**
 * The fields of a selection with its fragments written out. What is merged here comes apart again in the answer, where
 * two aliases of one field each have all that is below it: 30 fragments that double make a thousand million.
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
  /** What stands between a field's name and its number: underscores, more than any field of the schema has there. */
  readonly separator: string;
  /**
   * Fields that take arguments in any type. A key must not depend on the type a fragment is spread in: an object may
   * add arguments to a field its interface has without any.
   */
  readonly takingArguments: ReadonlySet<string>;
}

const knownNames = new WeakMap<GraphQLSchema, SchemaNames>();

function namesOf(schema: GraphQLSchema): SchemaNames {
  const known = knownNames.get(schema);
  if (known !== undefined) return known;
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
  knownNames.set(schema, names);
  return names;
}

function compositeTypeOf(type: Parameters<typeof getNamedType>[0]): GraphQLCompositeType {
  const named = getNamedType(type);
  invariant(isCompositeType(named), 'a field with a selection has a composite type');
  return named;
}
