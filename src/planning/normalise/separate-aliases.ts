/**
 * Finds the aliases of one field that must not share it in a request. Aliases of a field with equal arguments are planned
 * as one field. But if one of them selects a non-null field and another does not, a failure of that field nulls the
 * object of both (GraphQL, section 6.4.4: a null propagates to the nearest nullable field), without an error for the
 * other. Such aliases are fetched separately; all others share the field.
 *
 * Only operations with several aliases of a field with a selection set are examined. Aliases that would take too long to
 * compare are separated.
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
import { responseKeyOf } from '../plan/response-key.ts';

export interface AliasOptions {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly included: (selection: SelectionNode) => boolean;
  /** Equal for nodes that select the same field with the same arguments. */
  readonly keyOf: (field: FieldNode) => string | undefined;
  /** The fields, as `Type.field`, that may be null in the schema and not in some subgraph. @default none */
  readonly strictFields?: ReadonlySet<string> | undefined;
}

/** By a field's key and the client's response key: fields with different numbers are fetched separately. */
export type SeparateAliases = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** A selection set with its parent type. */
interface Typed {
  readonly type: GraphQLCompositeType;
  readonly set: SelectionSetNode;
}

/** The fields of a selection whose failure propagates: the non-null fields, and the profiles below all fields. */
interface Profile {
  /** The keys of the non-null fields, with the types they are selected on. */
  readonly required: Map<string, Set<GraphQLCompositeType>>;
  readonly below: Map<string, Profile>;
}

/** The field of one response key at one place. */
interface AliasedField {
  readonly key: string;
  readonly below: Typed[];
}

/** The limit of classes of one field; each further alias is fetched alone. */
const maxClasses = 32;

/** The limit of fields that are compared, after some 30 ms; all further aliases are separated. */
const maxRead = 50_000;

/** @returns undefined if all aliases can share their fields */
export function separateAliases(options: AliasOptions, root: Typed): SeparateAliases | undefined {
  const { schema, fragments, included, keyOf, strictFields } = options;
  const numbers = new Map<string, Map<string, number>>();
  let last = 0;
  let read = 0;
  visit([root]);
  return numbers.size === 0 ? undefined : numbers;

  function visit(selections: readonly Typed[]): void {
    const names = new Map<string, AliasedField>();
    for (const { type, node } of fieldsOf(selections)) {
      const key = keyOf(node);
      if (node.selectionSet === undefined || key === undefined) continue;
      const name = responseKeyOf(node);
      const field = names.get(name) ?? { key, below: [] };
      names.set(name, field);
      const returned = returnedType(type, node);
      if (returned !== undefined) field.below.push({ type: returned, set: node.selectionSet });
    }
    const byKey = new Map<string, [string, AliasedField][]>();
    for (const entry of names) {
      const { key } = entry[1];
      const entries = byKey.get(key);
      if (entries === undefined) byKey.set(key, [entry]);
      else entries.push(entry);
    }
    for (const [key, entries] of byKey) if (entries.length > 1) separate(key, entries);
    for (const { below } of names.values()) visit(below);
  }

  /** The aliases of a class share the field. A number identifies the class among all classes of the key. */
  function separate(key: string, entries: readonly [string, AliasedField][]): void {
    const classes: { readonly profile: Profile; readonly names: string[] }[] = [];
    for (const [name, { below }] of entries) {
      const profile = profileOf(below);
      const isCompared = classes.length < maxClasses && read < maxRead;
      const fitting = isCompared ? classes.find((candidate) => failTogether(candidate.profile, profile)) : undefined;
      if (fitting === undefined) classes.push({ profile, names: [name] });
      else {
        fitting.names.push(name);
        addTo(fitting.profile, profile);
      }
    }
    if (classes.length === 1) return;
    const numberOfName = numbers.get(key) ?? new Map<string, number>();
    numbers.set(key, numberOfName);
    for (const { names } of classes) {
      const next = new Map<number | undefined, number>();
      for (const name of names) {
        const before = numberOfName.get(name);
        const number = next.get(before) ?? ++last;
        next.set(before, number);
        numberOfName.set(name, number);
      }
    }
  }

  function profileOf(selections: readonly Typed[]): Profile {
    const profile: Profile = { required: new Map(), below: new Map() };
    const below = new Map<string, Typed[]>();
    for (const { type, node } of fieldsOf(selections)) {
      const key = keyOf(node);
      if (key === undefined) continue;
      if (isNonNull(type, node)) {
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
      const typesOfB = b.required.get(key);
      if (typesOfB === undefined || !isCovered(types, typesOfB) || !isCovered(typesOfB, types)) return false;
    }
    const [fewer, more] = a.below.size < b.below.size ? [a.below, b.below] : [b.below, a.below];
    for (const [key, inner] of fewer) {
      const counterpart = more.get(key);
      if (counterpart !== undefined && !failTogether(inner, counterpart)) return false;
    }
    return true;
  }

  /** Whether each of `types` is within one of `covering`. */
  function isCovered(types: ReadonlySet<GraphQLCompositeType>, covering: ReadonlySet<GraphQLCompositeType>): boolean {
    for (const type of types) {
      if (covering.has(type)) continue;
      if (![...covering].some((wider) => isWithin(type, wider))) return false;
    }
    return true;
  }

  function isWithin(type: GraphQLCompositeType, wider: GraphQLCompositeType): boolean {
    if (type === wider) return true;
    return isAbstractType(wider) && possibleTypes(type).every((object) => schema.isSubType(wider, object));
  }

  function possibleTypes(type: GraphQLCompositeType): readonly GraphQLObjectType[] {
    return isObjectType(type) ? [type] : schema.getPossibleTypes(type);
  }

  /** Whether the field is non-null; a field of an interface is, if it is in one of its object types. */
  function isNonNull(type: GraphQLCompositeType, node: FieldNode): boolean {
    const name = node.name.value;
    if ('getFields' in type && isStrict(type, name)) return true;
    return possibleTypes(type).some((object) => isStrict(object, name));
  }

  function isStrict(type: GraphQLObjectType | GraphQLInterfaceType, name: string): boolean {
    return isNonNullType(type.getFields()[name]?.type) || strictFields?.has(`${type.name}.${name}`) === true;
  }

  function returnedType(type: GraphQLCompositeType, node: FieldNode): GraphQLCompositeType | undefined {
    const field = 'getFields' in type ? type.getFields()[node.name.value] : undefined;
    const returned = getNamedType(field?.type);
    return isCompositeType(returned) ? returned : undefined;
  }

  /** The fields of selection sets with their fragments expanded, each with its parent type. */
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

function addTo(profile: Profile, addition: Profile): void {
  for (const [key, inner] of addition.below) {
    const existing = profile.below.get(key);
    if (existing === undefined) profile.below.set(key, inner);
    else addTo(existing, inner);
  }
}
