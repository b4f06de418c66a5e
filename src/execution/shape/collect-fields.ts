/** Which fields a selection has for an object type: CollectFields of the specification, section 6.3.2. */
import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export interface SelectionOptions {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** The outcome of a selection's `@skip` and `@include`. */
  readonly included: (selection: SelectionNode) => boolean;
  /** Whether a selection that is not included fails the object it is selected on: its condition is null. */
  readonly failing: (selection: SelectionNode) => boolean;
}

type FieldsType = GraphQLObjectType | GraphQLInterfaceType;

/** @returns the fields by response key; undefined where a condition is null, which fails the object */
export function collectFields(
  { schema, fragments, included, failing }: SelectionOptions,
  type: FieldsType,
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
      let fragment: InlineFragmentNode | FragmentDefinitionNode | undefined;
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        fragment = selection;
      } else {
        if (visited.has(selection.name.value)) continue;
        visited.add(selection.name.value);
        fragment = fragments.get(selection.name.value);
      }
      if (fragment !== undefined && isAlways(schema, type, fragment.typeCondition?.name.value))
        collect(fragment.selectionSet);
    }
  }
}

/** Whether a selection reads the same for every object of the interface: no `__typename`, no condition on a type. */
export function selectsNoType(
  { schema, fragments, included }: SelectionOptions,
  type: GraphQLInterfaceType,
  sets: readonly SelectionSetNode[],
): boolean {
  const visited = new Set<string>();
  return sets.every(readsNoType);

  function readsNoType(set: SelectionSetNode): boolean {
    return set.selections.every((selection) => {
      if (!included(selection)) return true;
      if (selection.kind === Kind.FIELD) return selection.name.value !== '__typename';
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (visited.has(selection.name.value)) return true;
        visited.add(selection.name.value);
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (fragment === undefined) return true;
      return isAlways(schema, type, fragment.typeCondition?.name.value) && readsNoType(fragment.selectionSet);
    });
  }
}

/** Whether every object of the type satisfies the type condition. */
function isAlways(schema: GraphQLSchema, type: FieldsType, condition: string | undefined): boolean {
  if (condition === undefined || condition === type.name) return true;
  const wider = schema.getType(condition);
  if (!isAbstractType(wider)) return false;
  return isObjectType(type)
    ? schema.isSubType(wider, type)
    : schema.getPossibleTypes(type).every((possible) => schema.isSubType(wider, possible));
}
