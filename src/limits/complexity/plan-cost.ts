/**
 * What a plan costs: the sum of its requests to subgraphs, each priced by the weights of `@cost` as Apollo Router prices
 * them (https://www.apollographql.com/docs/graphos/routing/security/demand-control). How many entities a request asks for
 * is the product of the lists on the way to them, so that the price is an upper bound where `@listSize` is true.
 */
import { type FieldNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { invariant } from '../../lib/index.ts';
import type { EntityField, OperationPlan, PlannedFetch, Rewrite } from '../../planning/index.ts';
import type { CostTypes } from '../../supergraph/index.ts';
import { type Formula, largest, product, sum } from './formula.ts';
import { costlyFields, type Place, type PricedField, type PriceOptions, priceSelections } from './price-selections.ts';
import { type SlicingRule, slicingRules } from './slicing-rules.ts';

/** Compiled once per plan, so that an override that moves a field changes the price with the plan. */
export interface PlanCost {
  /** Their sum is the operation's. */
  readonly subgraphs: ReadonlyMap<string, Formula>;
  /** By the index of the request in the plan. */
  readonly fetches: readonly FetchCost[];
  readonly slicing: readonly SlicingRule[];
}

/** What the answer of a request is measured by. */
export interface FetchCost {
  /** What the request costs whatever it is answered. */
  readonly base: number;
  /** Those that may cost anything. */
  readonly fields: readonly PricedField[];
}

export interface PlanCostOptions {
  readonly types: CostTypes;
  readonly objectsOf: PriceOptions['objectsOf'];
  readonly listSizeOf: (subgraph: string) => number;
}

const mutationCost = 10;
const rootTypes = { query: 'Query', mutation: 'Mutation' } as const;

/** @param operation the normalised operation that the plan is of */
export function compilePlanCost(plan: OperationPlan, operation: string, options: PlanCostOptions): PlanCost {
  const counts = new Map<string, Formula>([['', 1]]);
  const bySubgraph = new Map<string, Formula[]>();
  const fetches = plan.fetches.map((fetch) => {
    const { estimate, cost } = priceFetch(fetch, counts, options);
    bySubgraph.set(fetch.subgraph, [...(bySubgraph.get(fetch.subgraph) ?? []), estimate]);
    return cost;
  });
  const subgraphs = new Map([...bySubgraph].map(([name, formulas]) => [name, sum(formulas)]));
  return {
    subgraphs,
    fetches,
    slicing: slicingRules(operation, options.types),
  };
}

/** What the number of objects at the places of a plan depends on. */
export type PlaceCountOptions = PlanCostOptions;

/** How many objects there may be at each place that a plan fills; places are keys and `@`s, joined by dots. */
export function countsOfPlaces(plan: OperationPlan, options: PlaceCountOptions): ReadonlyMap<string, Formula> {
  const counts = new Map<string, Formula>([['', 1]]);
  for (const fetch of plan.fetches) priceFetch(fetch, counts, options);
  return counts;
}

/** @param counts how many objects there may be at a place, of the requests before; those of this one are added */
function priceFetch(
  fetch: PlannedFetch,
  counts: Map<string, Formula>,
  { types, objectsOf, listSizeOf }: PlanCostOptions,
): { readonly estimate: Formula; readonly cost: FetchCost } {
  const listSize = listSizeOf(fetch.subgraph);
  const optionsOf = (rewrites: readonly Rewrite[], bases: readonly string[]): PriceOptions => ({
    types,
    listSize,
    objectsOf,
    onPlace(place, count) {
      for (const path of [place, ...renamed(place, rewrites, bases)])
        counts.set(path, largest([counts.get(path) ?? 0, count]));
    },
  });
  const placeOf = (path: readonly string[]): Place => {
    const text = path.join('.');
    const lists = path.filter((step) => step === '@').length;
    return { path: text, count: counts.get(text) ?? listSize ** lists };
  };
  const { selectionSet } = operationOf(fetch.operation);
  if (fetch.kind === 'root') {
    const place = placeOf(fetch.path);
    const options = optionsOf(fetch.outputRewrites, [place.path]);
    const { cost, fields } = priceSelections(options, selectionSet, rootTypes[fetch.operationType], [place]);
    const base = fetch.operationType === 'mutation' ? mutationCost : 0;
    return { estimate: sum([base, product(place.count, cost)]), cost: { base, fields: costlyFields(fields) } };
  }
  const priced = fetch.fields.map((field) => {
    const places = field.targets.map(({ path }) => placeOf(path));
    const options = optionsOf(
      field.outputRewrites,
      places.map(({ path }) => path),
    );
    const { selectionSet: entities } = entitiesField(selectionSet.selections, field);
    invariant(entities !== undefined, 'an entity request selects fields');
    const { cost, fields } = priceSelections(options, entities, undefined, places);
    const entity: PricedField = {
      key: field.key,
      weight: 1,
      isExplicit: false,
      lists: 1,
      arguments: 0,
      inner: costlyFields(fields),
    };
    return { estimate: product(sum(places.map(({ count }) => count)), sum([1, cost])), entity };
  });
  return {
    estimate: sum(priced.map(({ estimate }) => estimate)),
    cost: { base: 0, fields: priced.map(({ entity }) => entity) },
  };
}

function operationOf(text: string): OperationDefinitionNode {
  const [operation] = parse(text, { noLocation: true }).definitions;
  invariant(operation?.kind === Kind.OPERATION_DEFINITION, 'a request has one operation');
  return operation;
}

function entitiesField(
  selections: OperationDefinitionNode['selectionSet']['selections'],
  { key }: EntityField,
): FieldNode {
  const field = selections.find(
    (selection) => selection.kind === Kind.FIELD && (selection.alias ?? selection.name).value === key,
  );
  invariant(field?.kind === Kind.FIELD, 'an entity request selects its _entities');
  return field;
}

/** The place under the keys that the answer's fields are renamed to. */
function renamed(place: string, rewrites: readonly Rewrite[], bases: readonly string[]): readonly string[] {
  return rewrites.flatMap((rewrite) => {
    if (rewrite.kind !== 'rename') return [];
    const keys = rewrite.path.filter((step) => step !== '@' && !step.startsWith('... on '));
    return bases.flatMap((base) => {
      if (base !== '' && !place.startsWith(`${base}.`)) return [];
      const steps = place.slice(base === '' ? 0 : base.length + 1).split('.');
      let matched = 0;
      for (let index = 0; index < steps.length && matched < keys.length; index++) {
        if (steps[index] === '@') continue;
        if (steps[index] !== keys[matched]) return [];
        if (++matched === keys.length) steps[index] = rewrite.to;
      }
      return matched < keys.length ? [] : [[...(base === '' ? [] : [base]), ...steps].join('.')];
    });
  });
}
