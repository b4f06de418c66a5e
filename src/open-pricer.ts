/** Prices operations by the parts of a supergraph alone: they are planned, and nothing runs. */
import { dirname } from 'node:path';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  type VariableDefinitionNode,
  validate,
} from 'graphql';
import type { Denials } from './access/index.ts';
import { anonymous } from './access/principal.ts';
import { Budgets } from './ai/budgets/index.ts';
import { SharedModels } from './ai/models/index.ts';
import { buildPrices, callPrice, type PricedSupergraph, pricedFieldsIn } from './ai/pricing/index.ts';
import type { ResolvedConfig } from './config/index.ts';
import { ProcessCounters } from './counters/index.ts';
import { createPricer, type PricedOperation } from './execution/index.ts';
import { formatUsd, invariant, onDemand } from './lib/index.ts';
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
  /** Why a gateway refuses it for what it costs, as far as that is known of the variables that have values. */
  readonly refusals: readonly string[];
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
        const wrong = wrongValues(apiSchema, definition, variables);
        if (wrong !== undefined) return wrong;
        const price = await priceOperation(document, definition, variables, denials);
        const hasValues = definition.variableDefinitions?.every((each) => hasValue(each, variables)) ?? true;
        const slicing = config.limits.cost === undefined || !hasValues ? [] : price.slicing;
        const refusals = [...slicing.map(({ message }) => message), ...exceeded(price, limits.operation)];
        priced.push({ operation: definition.name?.value, ...price, refusals });
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

/** What a gateway says of values that do not fit their types; undefined: nothing. What has no value is none of them. */
function wrongValues(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): string | undefined {
  const definitions = variableDefinitions.filter(({ variable }) => Object.hasOwn(variables, variable.name.value));
  const { errors } = getVariableValues(schema, definitions, variables);
  return errors?.map(({ message }) => message).join('\n');
}

function hasValue(
  { variable, defaultValue }: VariableDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): boolean {
  return defaultValue !== undefined || Object.hasOwn(variables, variable.name.value);
}

function exceeded(
  { estimated, fetches, nanoUsd }: PricedOperation,
  { cost, fetches: maxFetches, aiNanoUsd }: ResolvedConfig['limits']['operation'],
): readonly string[] {
  return [
    ...(estimated > cost ? [`more than limits.cost.max: ${cost}`] : []),
    ...(fetches > maxFetches ? [`more than limits.fetches: ${maxFetches}`] : []),
    ...(nanoUsd > aiNanoUsd ? [`more than limits.ai_usd: ${formatUsd(BigInt(aiNanoUsd))}`] : []),
  ];
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
