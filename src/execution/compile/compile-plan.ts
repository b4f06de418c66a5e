/** Compiles a plan: representations into functions, queries into JSON text, the places that each fetch fills. */
import type { GraphQLSchema } from 'graphql';
import type { FetchCost, PlanCost } from '../../limits/index.ts';
import type { EntityFetch, EntityField, OperationPlan, RequiredSelection, RootFetch } from '../../planning/index.ts';
import type { TypeMemberships } from '../data/data.ts';
import type { PlanPrice } from '../plan-prices.ts';
import { type CompiledRows, compileRows } from '../rows/compile-rows.ts';
import { compileFallbacks, type FallbackSelections } from './compile-fallbacks.ts';
import { type CompiledRepresentation, compileRepresentation } from './compile-representation.ts';
import { requestsCustomScalars } from './custom-scalars.ts';

/** Compiled once per plan, shared by all requests that run it. */
export interface CompiledPlan {
  readonly fetches: readonly (CompiledRootFetch | CompiledEntityFetch)[];
  /** Whether a value depends on an entity's place (@fromContext), so that places may not share an object. */
  readonly placeMatters: boolean;
  /** Undefined where operations are not priced. */
  readonly cost: PlanCost | undefined;
  /** The requests that may be sent: the fetches, and what is looked up of their objects. */
  readonly requests: number;
  /** Whether rules leave out objects by their data. */
  readonly hasRows: boolean;
  /** Whether a field of it has a declared fallback. */
  readonly hasFallbacks: boolean;
  /** In money; undefined where nothing of it costs any. */
  readonly price: PlanPrice | undefined;
}

interface CompiledFetch {
  /** The operation as JSON text. */
  readonly queryJson: string;
  /** Whether its answer may contain a number of any size. */
  readonly exponents: boolean;
  /** Every place the fetch would fill: keys, and `@` for any list item. */
  readonly covers: Covers;
  /** Undefined where operations are not priced. */
  readonly cost: FetchCost | undefined;
  /** The objects of its response that a rule may leave out; undefined: there are none. */
  readonly compiledRows: CompiledRows | undefined;
  /** The fields of its response with a declared fallback; undefined: there are none. */
  readonly fallbacks: FallbackSelections | undefined;
}

type Covers = readonly (readonly string[])[];

export interface CompiledRootFetch extends RootFetch, CompiledFetch {}

export interface CompiledEntityFetch extends Omit<EntityFetch, 'fields'>, CompiledFetch {
  readonly fields: readonly CompiledEntityField[];
}

export interface CompiledEntityField extends Omit<EntityField, 'targets'> {
  /** The places of its entities. */
  readonly paths: Covers;
  /** Every place the field would fill. */
  readonly covers: Covers;
  readonly targets: readonly {
    readonly path: readonly string[];
    /** The path as text, to look up the entities of a path that was walked before. */
    readonly pathKey: string;
    readonly exact: boolean;
    readonly requires: readonly RequiredSelection[];
    readonly representation: CompiledRepresentation;
  }[];
}

const noFallbacks: ReadonlyMap<string, unknown> = new Map();

/**
 * @param inProcess the subgraphs in this process
 * @param cost of the plan; undefined where operations are not priced
 */
export function compilePlan(
  schema: GraphQLSchema,
  types: TypeMemberships,
  plan: OperationPlan,
  inProcess: ReadonlySet<string>,
  cost?: PlanCost,
  price?: PlanPrice,
  fallbacks: ReadonlyMap<string, unknown> = noFallbacks,
): CompiledPlan {
  const selections = plan.fetches.map((fetch) => compileFallbacks(schema, fallbacks, fetch));
  return {
    hasFallbacks: selections.some((selection) => selection !== undefined),
    cost,
    price,
    placeMatters: plan.fetches.some((fetch) => fetch.kind === 'entities' && fetch.context.length > 0),
    hasRows: plan.fetches.some(({ rows }) => rows !== undefined),
    requests: plan.fetches.reduce((count, { rows }) => count + 1 + (rows?.lookups.length ?? 0), 0),
    fetches: plan.fetches.map((fetch, index) => {
      const fetchCost = cost?.fetches[index];
      const queryJson = JSON.stringify(fetch.operation);
      const exponents = requestsCustomScalars(schema, fetch);
      const compiledRows = fetch.rows && compileRows(types, fetch.rows, fetch);
      const common = { queryJson, exponents, cost: fetchCost, compiledRows, fallbacks: selections[index] };
      if (fetch.kind === 'root') return { ...fetch, ...common, covers: filled([fetch.path], fetch.gives) };
      const fields = fetch.fields.map((field) => compileField(types, field, inProcess.has(fetch.subgraph)));
      return { ...fetch, ...common, covers: fields.flatMap(({ covers }) => covers), fields };
    }),
  };
}

function compileField(types: TypeMemberships, field: EntityField, isInProcess: boolean): CompiledEntityField {
  const paths = field.targets.map(({ path }) => path);
  return {
    ...field,
    paths,
    covers: filled(paths, field.gives),
    targets: field.targets.map(({ path, requires, inputRewrites, exact }) => ({
      path,
      pathKey: path.join('.'),
      exact,
      requires,
      representation: compileRepresentation(types, requires, inputRewrites, isInProcess),
    })),
  };
}

function filled(paths: Covers, keys: readonly string[]): Covers {
  return paths.flatMap((path) => keys.map((key) => [...path, key]));
}
