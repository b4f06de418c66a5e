/**
 * Which aliases of one field must not share a request's field. Aliases that ask for the same field with the same arguments
 * are planned as one; but where one of them selects a field that may not be null and another does not, what fails for the
 * one takes the object from the other too (GraphQL, section 6.4.4: a null moves up to where it may stand), and nothing
 * tells the other why. Such aliases are asked for apart, as the client wrote them; all others still share.
 *
 * Looked at only for operations in which several aliases of a field with a selection meet. What it would take too long
 * to compare is kept apart.
 */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isNonNullType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export interface AliasOptions {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly included: (selection: SelectionNode) => boolean;
  /** Equal for nodes that ask for the same field with the same arguments. */
  readonly keyOf: (field: FieldNode) => string | undefined;
  /** The fields, as `Type.field`, that may be null in the schema and not in some subgraph. @default none */
  readonly strictFields?: ReadonlySet<string> | undefined;
}

/** By a field's key and the name the client gives it: nodes with different numbers are asked for apart. */
export type SeparateAliases = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A selection with the type it is made on. */
interface Typed {
  readonly type: GraphQLCompositeType;
  readonly set: SelectionSetNode;
}

/** What of an object can fail beyond its own place: the fields that may not be null, and what is below the others. */
interface Profile {
  /** Where fields that may not be null are selected: keys, with the types they are selected on. */
  readonly required: Map<string, Set<GraphQLCompositeType>>;
  readonly below: Map<string, Profile>;
}

/** What one name of the client's stands for at one place. */
interface Named {
  readonly key: string;
  readonly below: Typed[];
}

/** Selections of one field that cannot be told apart by more than this are each asked for alone. */
const maxClasses = 32;

/** Fields that are read before everything left is kept apart: some 30 ms. */
const maxRead = 50_000;

/** @returns undefined where no aliases have to be kept apart */
export function separateAliases(options: AliasOptions, root: Typed): SeparateAliases | undefined {
  const { schema, fragments, included, keyOf, strictFields } = options;
  const numbers = new Map<string, Map<string, number>>();
  let last = 0;
  let read = 0;
  visit([root]);
  return numbers.size === 0 ? undefined : numbers;

  function visit(selections: readonly Typed[]): void {
    const names = new Map<string, Named>();
    for (const { type, node } of fieldsOf(selections)) {
      const key = keyOf(node);
      if (node.selectionSet === undefined || key === undefined) continue;
      const name = (node.alias ?? node.name).value;
      const named = names.get(name) ?? { key, below: [] };
      names.set(name, named);
      const returned = returnedType(type, node);
      if (returned !== undefined) named.below.push({ type: returned, set: node.selectionSet });
    }
    const byKey = new Map<string, [string, Named][]>();
    for (const entry of names) {
      const { key } = entry[1];
      const entries = byKey.get(key);
      if (entries === undefined) byKey.set(key, [entry]);
      else entries.push(entry);
    }
    for (const [key, entries] of byKey) if (entries.length > 1) separate(key, entries);
    for (const { below } of names.values()) visit(below);
  }

  /** Those of a class share what they ask for; a number tells a class from those it met before. */
  function separate(key: string, entries: readonly [string, Named][]): void {
    const classes: { readonly profile: Profile; readonly names: string[] }[] = [];
    for (const [name, { below }] of entries) {
      const profile = profileOf(below);
      const isCompared = classes.length < maxClasses && read < maxRead;
      const fitting = isCompared ? classes.find((one) => failTogether(one.profile, profile)) : undefined;
      if (fitting === undefined) classes.push({ profile, names: [name] });
      else {
        fitting.names.push(name);
        addTo(fitting.profile, profile);
      }
    }
    if (classes.length === 1) return;
    const known = numbers.get(key) ?? new Map<string, number>();
    numbers.set(key, known);
    for (const { names } of classes) {
      const next = new Map<number | undefined, number>();
      for (const name of names) {
        const before = known.get(name);
        const number = next.get(before) ?? ++last;
        next.set(before, number);
        known.set(name, number);
      }
    }
  }

  function profileOf(selections: readonly Typed[]): Profile {
    const profile: Profile = { required: new Map(), below: new Map() };
    const below = new Map<string, Typed[]>();
    for (const { type, node } of fieldsOf(selections)) {
      const key = keyOf(node);
      if (key === undefined) continue;
      if (mayNotBeNull(type, node)) {
        const types = profile.required.get(key);
        if (types === undefined) profile.required.set(key, new Set([type]));
        else types.add(type);
      }
      const returned = node.selectionSet === undefined ? undefined : returnedType(type, node);
      if (node.selectionSet === undefined || returned === undefined || read >= maxRead) continue;
      const list = below.get(key) ?? [];
      below.set(key, list);
      list.push({ type: returned, set: node.selectionSet });
    }
    for (const [key, list] of below) profile.below.set(key, profileOf(list));
    return profile;
  }

  function failTogether(a: Profile, b: Profile): boolean {
    if (a.required.size !== b.required.size) return false;
    for (const [key, types] of a.required) {
      const others = b.required.get(key);
      if (others === undefined || !isCovered(types, others) || !isCovered(others, types)) return false;
    }
    const [fewer, more] = a.below.size < b.below.size ? [a.below, b.below] : [b.below, a.below];
    for (const [key, inner] of fewer) {
      const other = more.get(key);
      if (other !== undefined && !failTogether(inner, other)) return false;
    }
    return true;
  }

  /** Whether what is selected on one of `types` is always selected on one of `others` too. */
  function isCovered(types: ReadonlySet<GraphQLCompositeType>, others: ReadonlySet<GraphQLCompositeType>): boolean {
    for (const type of types) {
      if (others.has(type)) continue;
      if (![...others].some((other) => isWithin(type, other))) return false;
    }
    return true;
  }

  function isWithin(type: GraphQLCompositeType, other: GraphQLCompositeType): boolean {
    if (type === other) return true;
    return isAbstractType(other) && possibleTypes(type).every((one) => schema.isSubType(other, one));
  }

  function possibleTypes(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isObjectType(type) ? [type] : schema.getPossibleTypes(type);
  }

  /** A field of an interface is as strict as that of any type behind it. */
  function mayNotBeNull(type: GraphQLCompositeType, node: FieldNode): boolean {
    const name = node.name.value;
    if ('getFields' in type && isStrict(type, name)) return true;
    return possibleTypes(type).some((one) => isStrict(one, name));
  }

  function isStrict(type: GraphQLObjectType | GraphQLInterfaceType, name: string): boolean {
    return isNonNullType(type.getFields()[name]?.type) || strictFields?.has(`${type.name}.${name}`) === true;
  }

  function returnedType(type: GraphQLCompositeType, node: FieldNode): GraphQLCompositeType | undefined {
    const field = 'getFields' in type ? type.getFields()[node.name.value] : undefined;
    const returned = getNamedType(field?.type);
    return isCompositeType(returned) ? returned : undefined;
  }

  /** The fields of selections with fragments written out, each with the type it is selected on. */
  function fieldsOf(
    selections: readonly Typed[],
  ): readonly { readonly type: GraphQLCompositeType; readonly node: FieldNode }[] {
    const fields: { type: GraphQLCompositeType; node: FieldNode }[] = [];
    const visited = new Set<string>();
    for (const { type, set } of selections) collect(type, set);
    return fields;

    function collect(type: GraphQLCompositeType, set: SelectionSetNode): void {
      for (const selection of set.selections) {
        if (!included(selection)) continue;
        read++;
        if (selection.kind === Kind.FIELD) {
          if (!selection.name.value.startsWith('__')) fields.push({ type, node: selection });
          continue;
        }
        let fragment: Pick<FragmentDefinitionNode, 'selectionSet'> & {
          readonly typeCondition?: FragmentDefinitionNode['typeCondition'] | undefined;
        };
        if (selection.kind === Kind.INLINE_FRAGMENT) fragment = selection;
        else {
          const definition = fragments.get(selection.name.value);
          const place = `${type.name} ${selection.name.value}`;
          if (definition === undefined || visited.has(place)) continue;
          visited.add(place);
          fragment = definition;
        }
        const condition = fragment.typeCondition?.name.value;
        const narrowed = condition === undefined ? type : schema.getType(condition);
        if (!isCompositeType(narrowed)) continue;
        collect(isWithin(type, narrowed) ? type : narrowed, fragment.selectionSet);
      }
    }
  }
}

function addTo(profile: Profile, other: Profile): void {
  for (const [key, inner] of other.below) {
    const own = profile.below.get(key);
    if (own === undefined) profile.below.set(key, inner);
    else addTo(own, inner);
  }
}
