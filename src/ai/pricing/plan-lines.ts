/**
 * The AI fields that a plan fetches, with how many items of each there may be: those that others require included, those
 * that are skipped or denied left out, because the plan leaves them out.
 */
import { type FieldNode, Kind, type OperationDefinitionNode, parse, type SelectionSetNode } from 'graphql';
import { countsOfPlaces, type Formula, type PlaceCountOptions, sum } from '../../limits/index.ts';
import type { OperationPlan, PlannedFetch } from '../../planning/index.ts';
import type { PricedField } from '../fields/index.ts';

export interface PlanLine {
  readonly field: PricedField;
  /** Where it is, by the names of fields: `products.reviews.sentiment`. */
  readonly path: string;
  readonly items: Formula;
}

export interface PlanLineOptions extends PlaceCountOptions {
  /** The priced fields of each subgraph that has some, by coordinate. */
  readonly fields: ReadonlyMap<string, ReadonlyMap<string, PricedField>>;
}

const rootTypes = { query: 'Query', mutation: 'Mutation' } as const;

export function planLines(plan: OperationPlan, options: PlanLineOptions): readonly PlanLine[] {
  const priced = plan.fetches.filter(({ subgraph }) => options.fields.has(subgraph));
  if (priced.length === 0) return [];
  const counts = countsOfPlaces(plan, options);
  return priced.flatMap((fetch) => new FetchLines(fetch, counts, options).lines);
}

class FetchLines {
  readonly lines: PlanLine[] = [];
  readonly #counts: ReadonlyMap<string, Formula>;
  readonly #options: PlanLineOptions;
  readonly #fields: ReadonlyMap<string, PricedField>;
  readonly #listSize: number;

  constructor(fetch: PlannedFetch, counts: ReadonlyMap<string, Formula>, options: PlanLineOptions) {
    this.#counts = counts;
    this.#options = options;
    this.#fields = options.fields.get(fetch.subgraph) ?? new Map();
    this.#listSize = options.listSizeOf(fetch.subgraph);
    const [operation] = parse(fetch.operation, { noLocation: true }).definitions;
    if (operation?.kind !== Kind.OPERATION_DEFINITION) return;
    if (fetch.kind === 'root')
      this.#collect(operation.selectionSet, rootTypes[fetch.operationType], [fetch.path.join('.')]);
    else {
      for (const { key, targets } of fetch.fields) {
        const entities = fieldOf(operation, key)?.selectionSet;
        const places = targets.map(({ path }) => path.join('.'));
        if (entities !== undefined) this.#collect(entities, undefined, places);
      }
    }
  }

  #collect({ selections }: SelectionSetNode, type: string | undefined, places: readonly string[]): void {
    for (const selection of selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT)
        this.#collect(selection.selectionSet, selection.typeCondition?.name.value ?? type, places);
      else if (selection.kind === Kind.FIELD) this.#addField(selection, type, places);
    }
  }

  #addField(node: FieldNode, type: string | undefined, places: readonly string[]): void {
    const { types, objectsOf } = this.#options;
    const name = node.name.value;
    // An interface's field is that of any of its objects.
    const owners = [...new Set([type ?? '', ...objectsOf(type ?? '')])];
    const priced = owners.flatMap((owner) => this.#fields.get(`${owner}.${name}`) ?? []);
    for (const field of priced) {
      const items = sum(places.map((place) => this.#countOf(place)));
      this.lines.push({ field, path: [...namesIn(places[0] ?? ''), name].join('.'), items });
    }
    if (priced.length > 0 || node.selectionSet === undefined) return;
    const costed = types.fields.get(type ?? '')?.get(name);
    const step = `${node.alias?.value ?? name}${'.@'.repeat(costed?.lists ?? 0)}`;
    const below = places.map((place) => (place === '' ? step : `${place}.${step}`));
    this.#collect(node.selectionSet, costed?.returns, below);
  }

  #countOf(place: string): Formula {
    return this.#counts.get(place) ?? this.#listSize ** place.split('.').filter((step) => step === '@').length;
  }
}

function fieldOf({ selectionSet }: OperationDefinitionNode, key: string): FieldNode | undefined {
  for (const selection of selectionSet.selections)
    if (selection.kind === Kind.FIELD && (selection.alias ?? selection.name).value === key) return selection;
  return undefined;
}

/** In the data, the key of a field with arguments is its name followed by theirs. */
function namesIn(place: string): readonly string[] {
  return place.split('.').flatMap((step) => (step === '' || step === '@' ? [] : [step.replace(/(?<=.)__.*$/, '')]));
}
