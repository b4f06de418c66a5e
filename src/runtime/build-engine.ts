import type { GraphQLSchema } from 'graphql';
import { ConfigError, type ResolvedConfig } from '../config/index.ts';
import {
  createIsthmusEngine,
  createReferenceEngine,
  type ExecutionEngine,
  type PlanPrices,
} from '../execution/index.ts';
import { type CacheGroup, unreachable } from '../lib/index.ts';
import type { PlanLimits } from '../limits/index.ts';
import type { Logger } from '../observability/index.ts';
import type { PlannerPool } from '../planning/index.ts';
import { type Hooks, planHook } from '../plugins/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import type { SubgraphClient } from '../transport/index.ts';

export interface EngineParts {
  readonly apiSchema: GraphQLSchema;
  readonly clients: ReadonlyMap<string, SubgraphClient>;
  readonly planners: PlannerPool;
  readonly caches: CacheGroup;
  readonly limits: PlanLimits;
  readonly prices: PlanPrices | undefined;
  readonly hooks: Hooks | undefined;
  readonly log: Logger;
}

/** The engine that `engine` of the configuration names, over these clients. */
export async function buildEngine(
  { id, config, composition }: SupergraphParts,
  { apiSchema, clients, planners, caches, limits, prices, hooks, log }: EngineParts,
): Promise<ExecutionEngine> {
  const { supergraphSdl, rows } = composition;
  const hasRows = rows.rules.length > 0;
  switch (config.engine) {
    case 'reference':
      refusePlanHooks(config, hooks);
      refusePlanLimits(config);
      if (hasRows || composition.accessRules.size > 0) throw unprotected(config);
      if (composition.fieldRates.size > 0) throw unlimited(config);
      if (composition.fallbacks.size > 0) throw unserved(config, '@fallback');
      if (cacheTagLink.test(supergraphSdl)) throw unserved(config, '@cacheTag');
      return createReferenceEngine({ supergraphSdl, clients, errorPolicy: config.errors, log });
    case 'isthmus': {
      const inProcess = config.subgraphs.flatMap((subgraph) => (subgraph.kind === 'ai' ? [subgraph.name] : []));
      const planner = await planners.load(id, { supergraphSdl, inProcess, rows: hasRows ? rows : undefined });
      return createIsthmusEngine({
        apiSchema,
        types: composition.memberships,
        strictFields: composition.strictFields,
        fallbacks: composition.fallbacks,
        fieldSources: composition.fieldSources,
        planner,
        clients,
        log,
        planDeadlineMs: config.limits.planDeadlineMs,
        errorPolicy: config.errors,
        overrideLabels: config.overrideLabels,
        caches,
        limits,
        prices,
        onPlan: planHook(hooks),
      });
    }
    default:
      return unreachable(config.engine);
  }
}

/** @throws ConfigError naming the plugins; this engine plans and runs in one step */
function refusePlanHooks({ file }: ResolvedConfig, hooks: Hooks | undefined): void {
  const { onPlan } = hooks ?? {};
  if (onPlan === undefined) return;
  const names = onPlan.map(({ plugin }) => plugin).join(', ');
  const message = `the reference engine has no onPlan, which ${names} uses: write engine: isthmus`;
  throw new ConfigError(file, [{ path: 'engine', line: undefined, message }]);
}

const planLimitNames = { fetches: 'fetches', representations: 'representations', aiNanoUsd: 'ai_usd' } as const;

/** @throws ConfigError where plans or what they fetch are limited */
function refusePlanLimits({ file, limits }: ResolvedConfig): void {
  for (const [key, name] of Object.entries(planLimitNames) as [keyof typeof planLimitNames, string][]) {
    const smallest = Math.min(limits.operation[key], ...limits.clients.map((client) => client.limits[key]));
    if (smallest === Number.POSITIVE_INFINITY) continue;
    const message = `the reference engine does not limit ${name}: leave it out, or write engine: isthmus`;
    throw new ConfigError(file, [{ path: `limits.${name}`, line: undefined, message }]);
  }
  if (limits.cost === undefined) return;
  const message = 'the reference engine does not price operations: leave it out, or write engine: isthmus';
  throw new ConfigError(file, [{ path: 'limits.cost', line: undefined, message }]);
}

/** Its operations run as they are. */
function unlimited({ file }: ResolvedConfig): ConfigError {
  const message = 'the reference engine does not enforce @rateLimit, which the schema uses; write isthmus';
  return new ConfigError(file, [{ path: 'engine', line: undefined, message }]);
}

/** @apollo/gateway refuses a supergraph with it. */
const cacheTagLink = /"https:\/\/specs\.apollo\.dev\/cacheTag\//;

function unserved({ file }: ResolvedConfig, directive: string): ConfigError {
  const message = `the reference engine does not serve ${directive}, which the schema uses; write isthmus`;
  return new ConfigError(file, [{ path: 'engine', line: undefined, message }]);
}

/** @apollo/gateway does not enforce the directives, and refuses their supergraphs. */
function unprotected({ file }: ResolvedConfig): ConfigError {
  const message =
    'the reference engine does not enforce @authenticated, @requiresScopes, @policy, @mask and @rows, which the schema uses; write isthmus';
  return new ConfigError(file, [{ path: 'engine', line: undefined, message }]);
}
