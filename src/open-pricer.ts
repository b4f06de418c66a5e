/** Prices operations by the parts of a supergraph alone: they are planned, and nothing runs. */
import { dirname } from 'node:path';
import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind, parse, validate } from 'graphql';
import type { Denials } from './access/index.ts';
import { anonymous } from './access/principal.ts';
import { Budgets } from './ai/budgets/index.ts';
import { SharedModels } from './ai/models/index.ts';
import { buildPrices, callPrice, type PricedSupergraph, pricedFieldsIn } from './ai/pricing/index.ts';
import type { ResolvedConfig } from './config/index.ts';
import { ProcessCounters } from './counters/index.ts';
import { createPricer, type PricedOperation } from './execution/index.ts';
import { invariant, onDemand } from './lib/index.ts';
import { createLimits } from './limits/index.ts';
import type { Logger } from './observability/index.ts';
import { createPlannerPool, type PlannerPool } from './planning/index.ts';
import { buildApiSchema } from './supergraph/index.ts';

export interface PricerOptions {
  readonly log: Logger;
  /** @default a pool of its own, closed with it */
  readonly planners?: PlannerPool | undefined;
}

export interface DocumentPrice extends PricedOperation {
  /** The operation's name. */
  readonly operation: string | undefined;
}

/** What one call for one item costs at most, for each version of the field's prompt. */
export interface FieldPrice {
  readonly subgraph: string;
  readonly coordinate: string;
  readonly versions: readonly {
    readonly prompt: string;
    readonly model: string;
    /** Undefined: no price is known. */
    readonly nanoUsd: bigint | undefined;
  }[];
}

export interface Pricer {
  readonly apiSchema: GraphQLSchema;
  /** What one operation may cost in points; infinite where there is no limit. */
  readonly max: number;
  /** Of each AI field. */
  readonly fields: readonly FieldPrice[];
  /**
   * @param denials what its caller may not read, and is left out. @default they may read all of it
   * @returns a price for each operation of a document; what is wrong with it where it is not valid
   * @throws GatewayError for an operation that cannot be planned
   */
  price(
    text: string,
    variables: Readonly<Record<string, unknown>>,
    denials?: Denials,
  ): Promise<readonly DocumentPrice[] | string>;
  close(): Promise<void>;
}

/** As `limits.cost: {}` has it. */
const defaultCost = { listSize: 10, mode: 'enforce', headers: false, subgraphs: [] } as const;

export async function openPricer(
  parts: PricedSupergraph & { readonly id: string },
  { log, planners: shared }: PricerOptions,
): Promise<Pricer> {
  const { id, config, composition } = parts;
  const apiSchema = await buildApiSchema(composition.apiPieces);
  const limits: ResolvedConfig['limits'] = { ...config.limits, cost: config.limits.cost ?? defaultCost };
  const { plans } = createLimits({ ...composition, config: limits, log });
  const { costs } = plans;
  invariant(costs !== undefined, 'operations are priced');
  const planners = shared ?? createPlannerPool({ log });
  const { supergraphSdl } = composition;
  const inProcess = config.subgraphs.flatMap(({ kind, name }) => (kind === 'ai' ? [name] : []));
  const { overrideLabels } = config;
  const models = new SharedModels({ log, resolveFrom: dirname(config.file) }).acquire(config.ai);
  const budgets = new Budgets({ budgets: [], counters: new ProcessCounters(), log });
  const prices = buildPrices(parts, { apiSchema, models: models.client, budgets, limits: plans });
  const { planDeadlineMs } = limits;
  const loaded = onDemand(async () => {
    const planner = await planners.load(id, { supergraphSdl, inProcess });
    return { planner, price: createPricer({ apiSchema, planner, costs, prices, planDeadlineMs, overrideLabels }) };
  });
  let isLoaded = false;
  const fields = [...pricedFieldsIn(parts)].flatMap(([subgraph, priced]) =>
    [...priced].map(([coordinate, { versions }]) => ({
      subgraph,
      coordinate,
      versions: versions.map((version) => ({
        prompt: version.prompt,
        model: version.alias,
        nanoUsd: callPrice(models.client, version, anonymous)?.nanoUsd,
      })),
    })),
  );
  return {
    apiSchema,
    max: limits.operation.cost,
    fields,
    async price(text, variables, denials) {
      const document = readDocument(text);
      if (typeof document === 'string') return document;
      const problems = validate(apiSchema, document);
      if (problems.length > 0) return problems.map(({ message }) => message).join('\n');
      const priced: DocumentPrice[] = [];
      isLoaded = true;
      const { price: priceOperation } = await loaded();
      for (const definition of document.definitions) {
        if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
        const price = await priceOperation(document, definition, variables, denials);
        priced.push({ operation: definition.name?.value, ...price });
      }
      return priced;
    },
    async close() {
      if (isLoaded) await loaded().then(({ planner }) => planner.close(), ignored);
      await models.release();
      if (shared === undefined) await planners.close();
    },
  };
}

/** A supergraph that was not loaded has been told of by `price`. */
const ignored = (): void => undefined;

/** @returns what is wrong where it is no document */
function readDocument(text: string): DocumentNode | string {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return error.toString();
  }
}
