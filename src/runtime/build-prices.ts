import type { GraphQLSchema } from 'graphql';
import type { Budgets } from '../ai/budgets/index.ts';
import { pricedFieldsOf } from '../ai/fields/index.ts';
import type { ModelClient } from '../ai/models/index.ts';
import { createPlanPrices, withConventionalSizes } from '../ai/pricing/index.ts';
import { listSizeIn } from '../config/index.ts';
import type { PlanPrices } from '../execution/index.ts';
import { objectsOfTypes, type PlanLimits } from '../limits/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import { rootNamesIn } from '../supergraph/index.ts';

export interface PriceParts {
  readonly apiSchema: GraphQLSchema;
  readonly models: ModelClient;
  readonly budgets: Budgets;
  readonly limits: PlanLimits;
}

const noObjects: ReadonlySet<string> = new Set();

/** What the AI fields of plans cost; undefined where the supergraph has none. */
export function buildPrices(
  { config, composition, sources, prompts }: SupergraphParts,
  { apiSchema, models, budgets, limits }: PriceParts,
): PlanPrices | undefined {
  const fields = new Map(
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
