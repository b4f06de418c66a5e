/**
 * The sizes of lists without `@listSize`, by the names that arguments usually have: `first`, `last`, `limit`. In points such
 * a list counts as `limits.cost.list_size`; in dollars its argument is taken at its word, because an item more than was
 * estimated needs room in a budget of its own.
 */
import { type GraphQLField, type GraphQLSchema, getNullableType, isInterfaceType, isObjectType } from 'graphql';
import type { CostedField, CostTypes, ListSize, SlicingArgument } from '../../supergraph/index.ts';

const sizeNames: ReadonlySet<string> = new Set(['first', 'last', 'limit', 'take', 'pageSize', 'perPage']);
/** The lists of a page, where the argument is the page's. */
const pageFields = ['edges', 'nodes', 'items', 'results'];

export function withConventionalSizes(types: CostTypes, schema: GraphQLSchema): CostTypes {
  const fields = new Map<string, ReadonlyMap<string, CostedField>>();
  for (const [typeName, costedFields] of types.fields) {
    const type = schema.getType(typeName);
    const definitions = isObjectType(type) || isInterfaceType(type) ? type.getFields() : {};
    const sized = new Map(costedFields);
    for (const [name, costed] of costedFields) {
      const definition = definitions[name];
      if (costed.listSize !== undefined || definition === undefined) continue;
      const listSize = conventionalSize(definition, costed, types);
      if (listSize !== undefined) sized.set(name, { ...costed, listSize });
    }
    fields.set(typeName, sized);
  }
  return { ...types, fields };
}

function conventionalSize(
  { args }: GraphQLField<unknown, unknown>,
  { lists, returns }: CostedField,
  types: CostTypes,
): ListSize | undefined {
  const slicing = args.flatMap(({ name, type, defaultValue }): SlicingArgument[] =>
    sizeNames.has(name) && String(getNullableType(type)) === 'Int' ? [{ path: [name], defaults: [defaultValue] }] : [],
  );
  if (slicing.length === 0) return undefined;
  const below = types.fields.get(returns ?? '');
  const pages = pageFields.filter((name) => (below?.get(name)?.lists ?? 0) > 0);
  if (lists === 0 && pages.length === 0) return undefined;
  const sizedFields = lists === 0 ? pages.map((name) => [name]) : [];
  return { assumedSize: undefined, slicing, sizedFields, requiresOne: false };
}
