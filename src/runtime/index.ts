export { buildGeneration } from './build-generation.ts';
export { configSource } from './config-source.ts';
export { type FollowedRegistry, followRegistry } from './follow-registry.ts';
export type {
  GatewayGeneration,
  GatewayRuntime,
  Preparation,
  ReloadOutcome,
  ServingRuntime,
  WorkerCount,
} from './generation.ts';
export { type Invalidated, type Invalidation, tagsOfInvalidations } from './invalidation.ts';
export { observeRuntime } from './metric-sources/observe-runtime.ts';
export { openRuntime, type RuntimeOptions } from './open-runtime.ts';
export { policySourcesOf } from './policy-sources.ts';
export { budgetPreparation } from './prepare-budgets.ts';
export { prepareGeneration } from './prepare-generation.ts';
export { createSharedParts, type SharedParts } from './shared-parts.ts';
export { type WatchedSupergraph, watchSupergraph } from './watch-supergraph.ts';
