/**
 * Compiles the selections of a subgraph request: a formula for what one object of them may cost, and the priced fields, by
 * which an answer is measured. Of fragments whose types exclude each other, the dearest counts: an object has one type.
 */
import { type FieldNode, Kind, type SelectionSetNode } from 'graphql';
import type { CostedField, CostTypes } from '../../supergraph/index.ts';
import { argumentCost } from './argument-cost.ts';
import { atLeastZero, type Formula, largest, product, smallest, sum } from './formula.ts';
import { expectedSize } from './list-size.ts';

export interface PricedSelections {
  /** What one object costs, besides itself. */
  readonly cost: Formula;
  readonly fields: readonly PricedField[];
}

export interface PricedField {
  /** Its key in the answer. */
  readonly key: string;
  readonly weight: number;
  readonly isExplicit: boolean;
  readonly lists: number;
  readonly arguments: Formula;
  /** Undefined for a leaf. */
  readonly inner: readonly PricedField[] | undefined;
}

export interface PriceOptions {
  readonly types: CostTypes;
  /** Of lists without `@listSize`. */
  readonly listSize: number;
  /** The object types that an object type, interface or union may be. */
  readonly objectsOf: (type: string) => ReadonlySet<string>;
  /** Called with each field that returns objects: their places, and how many there may be at each. */
  readonly onPlace: (place: string, count: Formula) => void;
}

/** Where the objects of a selection set are in the data, and how many of them. */
export interface Place {
  /** Keys and `@`s, joined by dots. */
  readonly path: string;
  readonly count: Formula;
}

/** A field whose size the `@listSize` of a field above it gives. */
interface SizedField {
  readonly path: readonly string[];
  readonly size: Formula;
}

interface Item {
  /** The type conditions around it, outermost first. */
  readonly conditions: readonly string[];
  readonly cost: Formula;
}

/** A field that the types do not tell of: its answer has objects, and that is all that is known. */
const unknownObject: CostedField = {
  weight: 1,
  isExplicit: false,
  lists: 0,
  returns: undefined,
  listSize: undefined,
  inputs: new Map(),
};

export function priceSelections(
  options: PriceOptions,
  set: SelectionSetNode,
  type: string | undefined,
  places: readonly Place[],
  sized: readonly SizedField[] = [],
): PricedSelections {
  const { types, objectsOf } = options;
  const items: Item[] = [];
  const fields = new Map<string, PricedField>();
  collect(set, type, []);
  return { cost: dearest(), fields: [...fields.values()] };

  function collect({ selections }: SelectionSetNode, parent: string | undefined, conditions: readonly string[]): void {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        if (condition === undefined || condition === parent) collect(selection.selectionSet, parent, conditions);
        else collect(selection.selectionSet, condition, [...conditions, condition]);
      } else if (selection.kind === Kind.FIELD) addField(selection, parent, conditions);
    }
  }

  function addField(node: FieldNode, parent: string | undefined, conditions: readonly string[]): void {
    const name = node.name.value;
    const costed =
      types.fields.get(parent ?? '')?.get(name) ?? (node.selectionSet === undefined ? undefined : unknownObject);
    if (costed === undefined || name === '__typename') return;
    const priced = priceField(options, node, costed, places, sized);
    items.push({ conditions, cost: priced.cost });
    const earlier = fields.get(priced.field.key);
    fields.set(priced.field.key, earlier === undefined ? priced.field : merged(earlier, priced.field));
  }

  /** The most that an object of any one type costs. */
  function dearest(): Formula {
    const always = items.filter(({ conditions }) => conditions.length === 0);
    if (always.length === items.length) return sum(items.map(({ cost }) => cost));
    const objects = new Set(items.flatMap(({ conditions }) => objectsWithin(conditions.at(-1))));
    const byItems = new Map<string, Formula>();
    for (const object of objects) {
      const chosen = items.filter(({ conditions }) =>
        conditions.every((condition) => condition === object || objectsOf(condition).has(object)),
      );
      const key = chosen.map((item) => items.indexOf(item)).join();
      if (!byItems.has(key)) byItems.set(key, sum(chosen.map(({ cost }) => cost)));
    }
    return largest([...byItems.values()]);
  }

  function objectsWithin(condition: string | undefined): readonly string[] {
    if (condition === undefined) return [];
    const objects = objectsOf(condition);
    return objects.size === 0 ? [condition] : [...objects];
  }
}

function priceField(
  options: PriceOptions,
  node: FieldNode,
  costed: CostedField,
  places: readonly Place[],
  sized: readonly SizedField[],
): { readonly cost: Formula; readonly field: PricedField } {
  const { weight, isExplicit, lists, returns, listSize, inputs } = costed;
  const { arguments: nodes = [], selectionSet } = node;
  const key = node.alias?.value ?? node.name.value;
  const below = sized.filter(({ path }) => path[0] === node.name.value);
  const fromAbove = below.filter(({ path }) => path.length === 1).map(({ size }) => size);
  const expected = listSize && expectedSize(listSize, nodes, options.listSize);
  const isOwn = listSize?.sizedFields.length === 0;
  const first = fromAbove.length > 0 ? largest(fromAbove) : ((isOwn ? expected : undefined) ?? options.listSize);
  // `@listSize` is about the outermost list.
  const size = lists === 0 ? 1 : product(first, options.listSize ** (lists - 1));
  const path = `${key}${'.@'.repeat(lists)}`;
  const inner =
    selectionSet === undefined
      ? undefined
      : priceSelections(
          options,
          selectionSet,
          returns,
          places.map((place) => {
            const at = { path: place.path === '' ? path : `${place.path}.${path}`, count: product(place.count, size) };
            options.onPlace(at.path, at.count);
            return at;
          }),
          [
            ...below.flatMap(({ path: [, ...rest], size: sizeBelow }) =>
              rest.length === 0 ? [] : [{ path: rest, size: sizeBelow }],
            ),
            ...(expected === undefined
              ? []
              : (listSize?.sizedFields ?? []).map((steps) => ({ path: steps, size: expected }))),
          ],
        );
  const each = atLeastZero(sum([weight, inner?.cost ?? 0]));
  const argumentsCost = argumentCost(inputs, nodes, options.types);
  return {
    cost: atLeastZero(sum([product(size, each), argumentsCost])),
    field: { key, weight, isExplicit, lists, arguments: argumentsCost, inner: inner?.fields },
  };
}

/** A field under the same key in two fragments is in an answer once; which of them it is of, an answer need not say. */
function merged(a: PricedField, b: PricedField): PricedField {
  const inner = new Map((a.inner ?? []).map((field) => [field.key, field]));
  for (const field of b.inner ?? []) {
    const earlier = inner.get(field.key);
    inner.set(field.key, earlier === undefined ? field : merged(earlier, field));
  }
  return {
    key: a.key,
    weight: Math.min(a.weight, b.weight),
    isExplicit: a.isExplicit && b.isExplicit,
    lists: Math.max(a.lists, b.lists),
    arguments: smallest(a.arguments, b.arguments),
    inner: a.inner === undefined && b.inner === undefined ? undefined : [...inner.values()],
  };
}

/** The fields that may cost anything: the values of the others, an answer is not asked for. */
export function costlyFields(fields: readonly PricedField[]): readonly PricedField[] {
  return fields.flatMap((field) => {
    const inner = field.inner && costlyFields(field.inner);
    const isFree = field.weight <= 0 && field.arguments === 0 && (inner === undefined || inner.length === 0);
    return isFree ? [] : [{ ...field, inner }];
  });
}
