/** What the AI fields of plans cost, by the parts of a supergraph that say so. */
import type { GraphQLSchema } from 'graphql';
import { listSizeIn, type ResolvedConfig } from '../../config/index.ts';
import type { PlanPrices } from '../../execution/index.ts';
import { objectsOfTypes, type PlanLimits } from '../../limits/index.ts';
import { type Composition, rootNamesIn, type SubgraphSource } from '../../supergraph/index.ts';
import type { Budgets } from '../budgets/index.ts';
import { type PricedField, type PromptFolder, pricedFieldsOf } from '../fields/index.ts';
import type { ModelClient } from '../models/index.ts';
import { withConventionalSizes } from './conventional-sizes.ts';
import { createPlanPrices } from './create-plan-prices.ts';

/** Of a supergraph, what prices depend on. */
export interface PricedSupergraph {
  readonly config: ResolvedConfig;
  readonly sources: ReadonlyMap<string, SubgraphSource>;
  readonly prompts: ReadonlyMap<string, PromptFolder>;
  readonly composition: Composition;
}

export interface PriceParts {
  readonly apiSchema: GraphQLSchema;
  readonly models: ModelClient;
  readonly budgets: Budgets;
  readonly limits: PlanLimits;
}

const noObjects: ReadonlySet<string> = new Set();

/** Undefined where the supergraph has no AI fields. */
export function buildPrices(
  supergraph: PricedSupergraph,
  { apiSchema, models, budgets, limits }: PriceParts,
): PlanPrices | undefined {
  const { config, composition } = supergraph;
  const fields = pricedFieldsIn(supergraph);
  if (fields.size === 0) return undefined;
  const objects = objectsOfTypes(composition.memberships);
  return createPlanPrices({
    fields,
    types: withConventionalSizes(composition.costTypes, apiSchema),
    objectsOf: (type) => objects.get(type) ?? noObjects,
    listSizeOf: (subgraph) => listSizeIn(config.limits.cost, subgraph),
    models,
    budgets,
    limits,
  });
}

/** The AI fields of each AI subgraph by their coordinates in the supergraph. */
export function pricedFieldsIn({
  config,
  sources,
  prompts,
}: Pick<PricedSupergraph, 'config' | 'sources' | 'prompts'>): ReadonlyMap<string, ReadonlyMap<string, PricedField>> {
  return new Map(
    config.subgraphs.flatMap(({ name, kind }) => {
      const sdl = sources.get(name)?.sdl;
      const folder = prompts.get(name);
      if (kind !== 'ai' || sdl === undefined || folder === undefined) return [];
      const roots = rootNamesIn(sdl);
      const inPlans = (coordinate: string): string => {
        const [type = '', field = ''] = coordinate.split('.');
        return `${roots.get(type) ?? type}.${field}`;
      };
      const priced = pricedFieldsOf(sdl, folder, config.ai.fields);
      return [[name, new Map(priced.map((field) => [inPlans(field.coordinate), field]))] as const];
    }),
  );
}
