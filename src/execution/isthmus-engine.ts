/**
 * The engine, in the order of an operation's life: it is prepared once (normalised, its answer's shape compiled), planned
 * once, and then run for each request: the fetches, and one pass that writes the answer.
 */
import { type GraphQLSchema, getOperationAST, validate } from 'graphql';
import type { ApiView } from '../access/index.ts';
import type { ErrorPolicy } from '../config/index.ts';
import type { CacheGroup } from '../lib/index.ts';
import type { EstimatedCost, PlanLimits } from '../limits/index.ts';
import type { Logger } from '../observability/index.ts';
import { PlanCache, type PlanCacheEntry, type Planner } from '../planning/index.ts';
import type { FieldSources } from '../supergraph/index.ts';
import type { RequestContext, SubgraphClient } from '../transport/index.ts';
import { missingSource } from './answer/missing-source.ts';
import { shapeAnswer } from './answer/shape-answer.ts';
import { activeLabels } from './compile/active-labels.ts';
import { type CompiledPlan, compilePlan } from './compile/compile-plan.ts';
import type { DataPath, TypeMemberships } from './data/data.ts';
import type { ExecutionEngine, ExecutionOutcome, OperationRequest, PlannableOperation } from './execution-engine.ts';
import { JsonText } from './json-text.ts';
import type { PlanPrices, PricedRun } from './plan-prices.ts';
import { OperationValues } from './prepare/operation-values.ts';
import { PreparedOperation, type Variant } from './prepare/prepared-operation.ts';
import { retainedDocument } from './prepare/retained-document.ts';
import { noteActual, noteEstimate } from './run/note-costs.ts';
import { ReaderViews } from './run/reader-views.ts';
import { RepeatableRuns, repeatRun } from './run/repeatable-runs.ts';
import { RepresentationValues } from './run/representation-values.ts';
import { runPlan } from './run/run-plan.ts';
import { RunRequests } from './run/run-requests.ts';
import { introspector } from './shape/introspect.ts';

export interface IsthmusEngineOptions {
  readonly apiSchema: GraphQLSchema;
  /** Which types an object type or interface also is, inaccessible ones included. */
  readonly types: TypeMemberships;
  /** The fields, as `Type.field`, that may be null in the API schema and not in some subgraph. @default none */
  readonly strictFields?: ReadonlySet<string>;
  /** The values of `@fallback` by `Type.field`. @default none */
  readonly fallbacks?: ReadonlyMap<string, unknown>;
  readonly planner: Planner;
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  readonly log: Logger;
  /** How long planning one operation may take. */
  readonly planDeadlineMs: number;
  readonly errorPolicy: ErrorPolicy;
  /** The named labels of progressive overrides that are on. */
  readonly overrideLabels: readonly string[];
  /** The caches of prepared operations and plans. */
  readonly caches: CacheGroup;
  /** @default nothing is limited */
  readonly limits?: PlanLimits | undefined;
  /** What plans cost in money. @default nothing costs any */
  readonly prices?: PlanPrices | undefined;
  /** What the values of AI fields are made from. @default unknown */
  readonly fieldSources?: FieldSources | undefined;
  /** Called with the requests of a plan each time it is about to run; a rejection ends the operation. @default nothing */
  readonly onPlan?: PlanHook | undefined;
}

export type PlanHook = (
  fetches: readonly PlannedRequest[],
  request: OperationRequest,
) => Promise<{
  /** Answers the operation: the plan does not run. */
  readonly outcome?: ExecutionOutcome | undefined;
  /** Changes the plan's answer. */
  readonly finish?: ((outcome: ExecutionOutcome) => Promise<ExecutionOutcome>) | undefined;
}>;

/** One request of a plan, for those who only read it. */
export interface PlannedRequest {
  readonly kind: 'root' | 'entities';
  readonly subgraph: string;
  /** The document it sends. */
  readonly query: string;
}

/** Who an operation is planned for. */
type PlanContext = Partial<Pick<RequestContext, 'client' | 'event'>>;

export function createIsthmusEngine(options: IsthmusEngineOptions): ExecutionEngine {
  const { apiSchema, types, planner, clients, log, planDeadlineMs, errorPolicy, limits, prices, onPlan } = options;
  const namedLabels = new Set(options.overrideLabels);
  const representationValues = new RepresentationValues();
  const { fieldSources } = options;
  const readers = fieldSources === undefined || fieldSources.size === 0 ? undefined : new ReaderViews(fieldSources);
  const runs = new RepeatableRuns(options.caches);
  const operations = options.caches.cache<PreparedOperation>();
  const inProcess = new Set([...clients].flatMap(([name, { kind }]) => (kind === 'in-process' ? [name] : [])));
  const plans = new PlanCache<CompiledPlan>({
    planner,
    deadlineMs: planDeadlineMs,
    cache: options.caches.cache<PlanCacheEntry<CompiledPlan>>(),
    compile: (plan, operation) =>
      compilePlan(
        apiSchema,
        types,
        plan,
        inProcess,
        limits?.costs?.compile(plan, operation),
        prices?.compile(plan),
        options.fallbacks,
      ),
  });

  /** @returns undefined where the document has no such operation */
  function prepare(used: Omit<PlannableOperation, 'conditions'>, view?: ApiView): PreparedOperation | undefined {
    const { documentHash, document, operationName } = used;
    const key = keyOf(documentHash, operationName, view?.contract);
    const cached = operations.get(key);
    if (cached !== undefined) return cached;
    const operation = getOperationAST(document, operationName);
    if (operation == null) return undefined;
    const { bytes, fields } = retainedDocument(document);
    const answerSchema = view?.schema ?? apiSchema;
    const schemas = { schema: apiSchema, answerSchema, strictFields: options.strictFields };
    const prepared = new PreparedOperation(schemas, document, operation, fields);
    operations.set(key, prepared, prepared.takeGrowth(), [{ object: document, bytes }]);
    return prepared;
  }

  async function planOf(variant: Variant, { client, event }: PlanContext = {}): Promise<CompiledPlan> {
    const labels = activeLabels(planner.overrideLabels, namedLabels);
    const key = labels.join(',');
    const cached = variant.plans.get(key);
    if (cached !== undefined) return cached;
    const { text } = variant.normalised;
    const plan = text === '' ? nothingToFetch : await plans.plan(text, labels, client, event);
    variant.plans.set(key, plan);
    return plan;
  }

  /** @throws AggregateError where the operation costs too much; undefined where operations are not priced */
  function estimate(plan: CompiledPlan, values: OperationValues, context: RequestContext): EstimatedCost | undefined {
    const costs = limits?.costs;
    if (costs === undefined || plan.cost === undefined) return undefined;
    const cost = costs.estimateFor(plan.cost, values, context);
    noteEstimate(context.costs, cost);
    costs.check(cost);
    return cost;
  }

  /** Reports to the cache what an operation has come to retain: variants, the types its answers had, plans. */
  function reportGrowth(prepared: PreparedOperation, plan: CompiledPlan, key: string): void {
    const growth = prepared.takeGrowth();
    if (growth === 0) return;
    operations.grow(key, growth, plans.partsOf(plan));
  }

  return {
    async execute(request) {
      const { variables, context, view } = request;
      // 1. Prepared: looked up by the document's hash, or normalised now.
      const prepared = prepare(request, view);
      if (prepared === undefined) throw new TypeError('the operation is part of its document');
      const variant = prepared.variant(variables, request.denials);
      variant.uses++;
      // 2. Planned: looked up synchronously where the schema has no override labels.
      const plan =
        variant.plans.size === 1 && planner.overrideLabels.length === 0
          ? firstOf(variant.plans)
          : await planOf(variant, context);
      context.signal.throwIfAborted();
      limits?.checkFetches(plan.requests, context);
      const values = new OperationValues(variant.normalised, variables);
      const cost = estimate(plan, values, context);
      if (context.isDryRun === true) {
        if (cost !== undefined) limits?.costs?.measure(cost, context);
        plan.price?.begin(values, context).end();
        return { kind: 'single', result: { data: null } };
      }
      const priced = plan.price?.begin(values, context);
      const turn = chargeFor(context, cost, priced);
      if (turn !== undefined) await (priced === undefined ? turn : turn.catch(endOf(priced)));
      if (cost !== undefined) limits?.costs?.measure(cost, context);
      const hooking = onPlan?.(plan.fetches.flatMap(plannedRequests), request);
      const hooked = hooking && (await (priced === undefined ? hooking : hooking.catch(endOf(priced))));
      if (hooked?.outcome !== undefined) {
        priced?.end();
        context.charges?.settle('points', 0);
        return hooked.outcome;
      }
      // 3. Run: each fetch as soon as the fetches it depends on have ended.
      const reader = readers?.of(view?.schema ?? apiSchema, request.denials);
      const requests = new RunRequests({ clients, context: priced?.context ?? context, cost, reader });
      // A run whose every answer is still cached is repeated.
      const mayRepeat = cost === undefined && priced === undefined;
      const earlier = mayRepeat ? runs.find(variant, plan, values) : undefined;
      const isAllowed = earlier !== undefined && limits?.refusalOfEntities(earlier.entityCount, context) === undefined;
      const early = isAllowed ? await repeatRun(earlier, requests) : undefined;
      // Whatever is priced ends in its run.
      if (isAllowed) context.signal.throwIfAborted();
      if (isAllowed && early === undefined) {
        limits?.measureEntities(earlier.entityCount, context);
        noteSizes(context, plan, earlier.entityCount);
        const repeated: ExecutionOutcome = { kind: 'single', result: { data: new JsonText(earlier.answer) } };
        return hooked?.finish === undefined ? repeated : hooked.finish(repeated);
      }
      const running = runPlan({
        plan,
        cost,
        requests,
        early,
        clients,
        types,
        context: priced?.context ?? context,
        log,
        errorPolicy,
        limits,
        values,
        rowDecisions: request.rows,
        representationValues,
        fallbacks: options.fallbacks,
      });
      const result = await (priced === undefined ? running : running.finally(() => priced.end()));
      if (cost !== undefined) noteActual(context, cost);
      limits?.measureEntities(result.entityCount, context);
      noteSizes(context, plan, result.entityCount);
      let isIntrospected = false;
      const introspect = introspector(request.visibleSchema ?? view?.schema ?? apiSchema, prepared, variables);
      // 4. Shaped: the answer is written as JSON text, its errors with the client's paths.
      const outcome = shapeAnswer({
        variant,
        result,
        reportedIn: request.rows?.reportedIn ?? request.denials?.reportedIn,
        log,
        requestId: context.requestId,
        introspect: (nodes) => {
          isIntrospected = true;
          return introspect(nodes);
        },
        sourceOf: errorPolicy.serviceName
          ? (path: DataPath) => missingSource(plan, types, result.data, path)
          : () => undefined,
      });
      // 5. Accounted: the memory it has come to retain.
      if (mayRepeat && result.requests !== undefined && !isIntrospected && isDataAlone(outcome)) {
        const { requests: sent, entityCount } = result;
        runs.add({ variant, values }, { plan, requests: sent, entityCount }, plans.partsOf(plan), outcome.result.data);
      }
      reportGrowth(prepared, plan, keyOf(request.documentHash, request.operationName, view?.contract));
      return hooked?.finish === undefined ? outcome : hooked.finish(outcome);
    },

    mostUsed(count) {
      const used = [...operations.entries()].flatMap(([key, prepared]) =>
        prepared.variants().map((variant) => ({ key, prepared, variant })),
      );
      used.sort((a, b) => b.variant.uses - a.variant.uses);
      return used.slice(0, count).map(({ key, prepared: { document }, variant: { conditions, denials } }) => {
        const [documentHash = '', name = '', contract] = key.split(' ');
        const operationName = name === '' ? undefined : name;
        return { documentHash, document, operationName, conditions, decided: denials?.decided(), contract };
      });
    },

    async warm(used, signal) {
      for (const operation of used) {
        // One per turn of the event loop: another generation serves meanwhile.
        await new Promise((resolve) => setImmediate(resolve));
        if (signal?.aborted === true) return;
        const { documentHash, document, operationName, conditions, denials, view } = operation;
        if (validate(view?.schema ?? apiSchema, document).length > 0) continue;
        try {
          const prepared = prepare(operation, view);
          if (prepared === undefined) continue;
          const key = keyOf(documentHash, operationName, view?.contract);
          reportGrowth(prepared, await planOf(prepared.variant(conditions, denials)), key);
          operations.get(key); // counts as used, as before
        } catch (error) {
          log.debug({ error }, 'an operation could not be planned ahead');
        }
      }
    },

    isAvailable: () => planner.isAvailable(),

    planCount: () => plans.size,

    close: async () => planner.close(),
  };
}

function noteSizes({ sizes }: RequestContext, plan: CompiledPlan, entityCount: number): void {
  if (sizes === undefined) return;
  sizes.fetches = plan.fetches.length;
  sizes.representations = entityCount;
}

function isDataAlone(
  outcome: ExecutionOutcome,
): outcome is ExecutionOutcome & { readonly kind: 'single'; readonly result: { readonly data: JsonText } } {
  if (outcome.kind !== 'single') return false;
  const { data, errors, extensions } = outcome.result;
  return data instanceof JsonText && errors === undefined && extensions === undefined;
}

/** What is prepared for a contract is its own: another one's answers have other elements. */
function keyOf(documentHash: string, operationName?: string, contract?: string): string {
  if (contract !== undefined) return `${documentHash} ${operationName ?? ''} ${contract}`;
  return operationName === undefined ? documentHash : `${documentHash} ${operationName}`;
}

/** The plan of an operation of introspection alone. */
const nothingToFetch: CompiledPlan = {
  fetches: [],
  placeMatters: false,
  requests: 0,
  hasRows: false,
  hasFallbacks: false,
  cost: { subgraphs: new Map(), fetches: [], slicing: [] },
  price: undefined,
};

function firstOf(plans: ReadonlyMap<string, CompiledPlan>): CompiledPlan {
  for (const plan of plans.values()) return plan;
  return nothingToFetch;
}

function plannedRequests({
  kind,
  subgraph,
  operation,
  rows,
}: CompiledPlan['fetches'][number]): readonly PlannedRequest[] {
  const lookups = (rows?.lookups ?? []).map(
    (lookup): PlannedRequest => ({ kind: 'entities', subgraph: lookup.subgraph, query: lookup.operation }),
  );
  return [{ kind, subgraph, query: operation }, ...lookups];
}

/** @throws GatewayError `RATE_LIMITED` @returns a promise where the operation waits */
function chargeFor(
  { charges }: RequestContext,
  cost: EstimatedCost | undefined,
  priced: PricedRun | undefined,
): Promise<void> | undefined {
  if (charges === undefined) return undefined;
  const price = { points: cost?.estimated ?? 0, nanoUsd: priced?.nanoUsd ?? 0 };
  if (priced === undefined) return charges.take(price);
  try {
    return charges.take(price, priced.reserve);
  } catch (error) {
    return endOf(priced)(error);
  }
}

function endOf(priced: PricedRun): (reason: unknown) => never {
  return (reason) => {
    priced.end();
    throw reason;
  };
}
