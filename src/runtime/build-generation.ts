import { setImmediate as letOthersRun } from 'node:timers/promises';
import {
  createAccess,
  createApiSchemas,
  createAuthenticator,
  createContractChoice,
  createIdentifiers,
  createStatements,
  type KeyRingLease,
} from '../access/index.ts';
import { Budgets, FollowedRaises, type JointBudgets, openJointBudgets } from '../ai/budgets/index.ts';
import { publishedPrompts } from '../ai/fields/index.ts';
import type { LedgerAccess } from '../ai/ledger/index.ts';
import { buildPrices } from '../ai/pricing/index.ts';
import type { ResolvedConfig } from '../config/index.ts';
import { limitFields } from '../execution/index.ts';
import { type Lease, stableHash } from '../lib/index.ts';
import { createLimits, FieldLimits, type JointRates, openJointRates, Rates } from '../limits/index.ts';
import type { Logger } from '../observability/index.ts';
import type { PersistedLease } from '../persisted/index.ts';
import {
  compileHooks,
  coprocessorPlugin,
  type Plugin,
  runReloadHooks,
  withModelHooks,
  withSubgraphHooks,
} from '../plugins/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';
import type { Signals } from '../signals/index.ts';
import { buildApiSchema } from '../supergraph/index.ts';
import type { InProcessSubgraph, SubgraphClient } from '../transport/index.ts';
import { Webhook } from '../webhooks/index.ts';
import { buildClient } from './build-client.ts';
import { buildEngine } from './build-engine.ts';
import type { GatewayGeneration } from './generation.ts';
import { noteUnmatched } from './note-unmatched.ts';
import type { CachesLease } from './shared-caches.ts';
import type { SharedParts } from './shared-parts.ts';
import type { CredentialsLease } from './subgraph-credentials.ts';

/** What every generation of a runtime is built with. */
export interface GenerationParts {
  readonly shared: SharedParts;
  /** The application's own subgraphs, by name. */
  readonly subgraphs: ReadonlyMap<string, InProcessSubgraph>;
  /** The application's own plugins: their hooks run before those of the configuration. */
  readonly plugins: readonly Plugin[];
  /** Where model calls are recorded; undefined: nowhere. */
  readonly ledger: LedgerAccess | undefined;
  readonly log: Logger;
}

/** In steps with the loop free in between: requests are served on the previous generation meanwhile. */
export async function buildGeneration(
  parts: SupergraphParts,
  { shared, subgraphs, plugins, ledger, log }: GenerationParts,
): Promise<GatewayGeneration> {
  const { id, config, composition, policies, keyFiles } = parts;
  const hooks = compileHooks([...plugins, ...configuredPlugins(parts)], log);
  const acquired = shared.models.acquire(config.ai);
  const lease = {
    ...acquired,
    client: withModelHooks(acquired.client, hooks, config.ai.guardrails?.moderation?.model),
  };
  const { toSubgraphs } = config.access;
  const statements = toSubgraphs === undefined ? undefined : createStatements(toSubgraphs, shared.statementSecret);
  const maskKey = config.access.maskKey ?? config.store.key ?? shared.statementSecret;
  const caches = shared.memory.group();
  const clients = new Map<string, SubgraphClient>();
  const credentials: CredentialsLease[] = [];
  let keyRing: KeyRingLease | undefined;
  let joint: Lease<JointBudgets> | undefined;
  let jointRates: Lease<JointRates> | undefined;
  let webhook: Lease<Webhook> | undefined;
  let raises: Lease<FollowedRaises> | undefined;
  let persisted: PersistedLease | undefined;
  let cached: CachesLease | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([...clients.values()].map((client) => client.close()));
    await Promise.all(credentials.map(({ release }) => release()));
    await lease.release();
    await keyRing?.release();
    await joint?.release();
    await jointRates?.release();
    await webhook?.release();
    await raises?.release();
    await persisted?.release();
    await cached?.release();
  };
  try {
    keyRing = await shared.keyRings.acquire(config);
    const { budgets, budgetAlerts, budgetCounters } = config.ai;
    if (budgetCounters !== undefined && budgets.length > 0)
      joint = await shared.jointBudgets.acquire(stableHash(budgetCounters), () =>
        openJointBudgets(budgetCounters, shared.counters, log),
      );
    const { rateCounters } = config.limits;
    if (rateCounters !== undefined && (config.limits.rates.length > 0 || composition.fieldRates.size > 0))
      jointRates = await shared.jointRates.acquire(stableHash(rateCounters), () => openJointRates(rateCounters, log));
    if (budgetAlerts !== undefined && budgets.length > 0)
      webhook = await shared.alertWebhooks.acquire(
        stableHash(budgetAlerts),
        async () => new Webhook({ config: budgetAlerts, log }),
      );
    if (ledger !== undefined && budgets.length > 0)
      raises = await shared.budgetRaises.acquire(stableHash(config.store), () =>
        openRaises(config, shared.signals, log),
      );
    persisted = await shared.documents.acquire(config);
    cached = await shared.caches.acquire(parts, { maskKey, writeKey: config.store.key ?? shared.statementSecret });
    await letOthersRun();
    const apiSchema = await buildApiSchema(composition.apiPieces);
    for (const subgraph of config.subgraphs) {
      await letOthersRun();
      const tls = await shared.subgraphCredentials.acquire(config, subgraph.name);
      if (tls !== undefined) credentials.push(tls);
      const client = buildClient(subgraph, parts, {
        lease,
        subgraphs,
        signals: shared.signals,
        statements,
        secret: shared.statementSecret,
        tls: tls?.value,
        log,
      });
      clients.set(subgraph.name, withSubgraphHooks(cached?.withCache(client) ?? client, hooks));
    }
    await letOthersRun();
    const { costTypes, constraints, memberships } = composition;
    const limits = createLimits({ config: config.limits, log, costTypes, constraints, memberships });
    const limited = new Budgets({
      budgets: config.ai.budgets,
      counters: shared.counters,
      ledger: shared.ledger.writer(ledger),
      joint: joint?.value,
      raises: raises?.value,
      webhook: webhook?.value,
      metrics: shared.metrics,
      log,
    });
    const models = lease.client;
    const unlimited = await buildEngine(parts, {
      apiSchema,
      clients,
      planners: shared.planners,
      caches,
      limits: limits.plans,
      prices: buildPrices(parts, { apiSchema, models, budgets: limited, limits: limits.plans }),
      hooks,
      log,
    });
    const fieldLimits = FieldLimits.of({
      schema: apiSchema,
      rates: composition.fieldRates,
      counters: shared.fieldCounters,
      joint: jointRates?.value,
      mode: config.limits.mode,
      log,
    });
    const engine = limitFields(unlimited, fieldLimits);
    const { supergraphSdl, accessRules: rules, fieldSources, rows } = composition;
    const identifiers = createIdentifiers(config.access, {
      keySets: shared.keySets,
      keyFiles,
      apiKeys: keyRing?.identify,
    });
    const access = createAccess({
      config: config.access,
      schema: apiSchema,
      rules,
      fieldSources,
      rowRules: rows.rules,
      policies,
      log,
      maskKey,
    });
    noteUnmatched(config.ai.budgets, parts.prompts, log);
    await runReloadHooks(hooks, { generation: id, config, apiSchema, supergraphSdl });
    return {
      id,
      config,
      hooks,
      supergraphSdl,
      apiSchema,
      engine,
      subgraphs: [...clients.values()],
      authenticator: createAuthenticator({ config: config.access, identifiers, log }),
      access,
      contracts: createContractChoice(config, log),
      apiSchemas: createApiSchemas({ schema: apiSchema, composition, access, caches }),
      persisted: persisted?.operations,
      entities: composition.entityTypes,
      responses: cached?.responses,
      writes: cached?.writes,
      limits,
      rates:
        config.limits.rates.length === 0 && jointRates === undefined
          ? undefined
          : new Rates({ config: config.limits, buckets: shared.buckets, joint: jointRates?.value, log }),
      jointRates: jointRates?.value,
      fieldLimits,
      statements,
      caches,
      models,
      budgets: limited,
      prompts: [...parts.prompts].flatMap(([name, folder]) => publishedPrompts(folder, name)),
      async close() {
        await engine.close();
        caches.clear();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Never rejects: a store that cannot be opened is no reason not to serve. */
function openRaises({ store: config, file }: ResolvedConfig, signals: Signals, log: Logger): Promise<FollowedRaises> {
  return FollowedRaises.open({
    async openStore() {
      const { openStore } = await import('../store/index.ts');
      return openStore({ config, configFile: file, log, isServing: true });
    },
    teller: { signals, store: stableHash(config) },
    log,
  });
}

function configuredPlugins({ plugins, config, composition }: SupergraphParts): readonly Plugin[] {
  const { coprocessor, subgraphs } = config;
  if (coprocessor === undefined) return plugins;
  const urls = subgraphs.flatMap((subgraph) =>
    subgraph.kind === 'http' ? [[subgraph.name, subgraph.routingUrl] as const] : [],
  );
  const { supergraphSdl } = composition;
  return [...plugins, coprocessorPlugin(coprocessor, { supergraphSdl, subgraphUrls: new Map(urls) })];
}
