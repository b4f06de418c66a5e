/** Prices operations by a configuration alone: its schemas are composed and operations planned, and nothing runs. */
import { dirname } from 'node:path';
import { type DocumentNode, GraphQLError, Kind, parse, validate } from 'graphql';
import { Budgets } from '../ai/budgets/index.ts';
import { SharedModels } from '../ai/models/index.ts';
import { loadConfig, type ResolvedConfig } from '../config/index.ts';
import { ProcessCounters } from '../counters/index.ts';
import { createPricer, type PricedOperation } from '../execution/index.ts';
import { invariant } from '../lib/index.ts';
import { createLimits } from '../limits/index.ts';
import type { Logger } from '../observability/index.ts';
import { createPlannerPool } from '../planning/index.ts';
import { readSupergraph } from '../read-supergraph.ts';
import { buildPrices } from '../runtime/index.ts';
import { buildApiSchema } from '../supergraph/index.ts';

export interface DocumentPrice extends PricedOperation {
  /** The operation's name. */
  readonly operation: string | undefined;
}

export interface Pricer {
  /** What one operation may cost in points; infinite where there is no limit. */
  readonly max: number;
  /**
   * @returns a price for each operation of a document; what is wrong with it where it is not valid
   * @throws GatewayError for an operation that cannot be planned
   */
  price(text: string, variables: Readonly<Record<string, unknown>>): Promise<readonly DocumentPrice[] | string>;
  close(): Promise<void>;
}

/** As `limits.cost: {}` has it. */
const defaultCost = { listSize: 10, mode: 'enforce', headers: false, subgraphs: [] } as const;

/** @throws ConfigError or CompositionError with every problem found */
export async function openPricer(configFile: string, log: Logger): Promise<Pricer> {
  const parts = await readSupergraph(await loadConfig(configFile));
  const { id, config, composition } = parts;
  const apiSchema = await buildApiSchema(composition.apiPieces);
  const limits: ResolvedConfig['limits'] = { ...config.limits, cost: config.limits.cost ?? defaultCost };
  const { plans } = createLimits({ ...composition, config: limits, log });
  const { costs } = plans;
  invariant(costs !== undefined, 'operations are priced');
  const planners = createPlannerPool({ log });
  const { supergraphSdl } = composition;
  const inProcess = config.subgraphs.flatMap(({ kind, name }) => (kind === 'ai' ? [name] : []));
  const planner = await planners.load(id, { supergraphSdl, inProcess });
  const { overrideLabels } = config;
  const models = new SharedModels({ log, resolveFrom: dirname(config.file) }).acquire(config.ai);
  const budgets = new Budgets({ budgets: [], counters: new ProcessCounters(), log });
  const priceOperation = createPricer({
    apiSchema,
    planner,
    costs,
    prices: buildPrices(parts, { apiSchema, models: models.client, budgets, limits: plans }),
    planDeadlineMs: limits.planDeadlineMs,
    overrideLabels,
  });
  return {
    max: limits.operation.cost,
    async price(text, variables) {
      const document = readDocument(text);
      if (typeof document === 'string') return document;
      const problems = validate(apiSchema, document);
      if (problems.length > 0) return problems.map(({ message }) => message).join('\n');
      const prices: DocumentPrice[] = [];
      for (const definition of document.definitions) {
        if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
        const price = await priceOperation(document, definition, variables);
        prices.push({ operation: definition.name?.value, ...price });
      }
      return prices;
    },
    async close() {
      planner.close();
      await models.release();
      await planners.close();
    },
  };
}

/** @returns what is wrong where it is no document */
function readDocument(text: string): DocumentNode | string {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return error.toString();
  }
}
