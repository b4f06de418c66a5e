export type { AccessConfig } from './access.ts';
export type { ContractConfig } from './access-contracts.ts';
export type { PolicyConfig } from './access-policies.ts';
export type { AdminConfig } from './admin.ts';
export { type AiConfig, type AiFieldsConfig, type LongInput, longInputs } from './ai.ts';
export type { BudgetAlertsConfig } from './ai-budget-alerts.ts';
export type { BudgetCountersConfig } from './ai-budget-counters.ts';
export type { BudgetConfig, BudgetPeriod, BudgetSubject, BudgetUnit } from './ai-budgets.ts';
export type {
  AliasCache,
  Capability,
  FallbackCause,
  ModelAlias,
  ModelTarget,
  RoutingRule,
  Strategy,
  TargetLimits,
} from './ai-models.ts';
export { parseModelReference } from './ai-names.ts';
export type { PriceOverride, TokenPrices } from './ai-prices.ts';
export type { ProviderConfig } from './ai-providers.ts';
export type { CacheConfig, CacheScope, CacheStoreConfig, LifetimeConfig } from './cache.ts';
export { ConfigError, type ConfigProblem } from './config-error.ts';
export type { CoprocessorConfig, CoprocessorPart, CoprocessorStage } from './coprocessor.ts';
export {
  type GuardMode,
  type GuardrailsConfig,
  guardrailsYaml,
  type ModerationConfig,
  type PersonalDataKind,
  resolveGuardrails,
} from './guardrails.ts';
export {
  type HeaderMerge,
  type HeaderRules,
  type PrincipalPart,
  type RequestHeaderRule,
  type ResponseHeaderRule,
  unforwardableHeaders,
} from './header-rules.ts';
export { configJsonSchema } from './json-schema.ts';
export type { LimitsConfig, OperationLimits } from './limits.ts';
export type { CostConfig } from './limits-cost.ts';
export { listSizeIn } from './limits-cost.ts';
export { type ConfiguredInCode, checkConfig, loadConfig } from './load-config.ts';
export type { OverloadConfig } from './overload.ts';
export type { DocumentSource, PersistedOperationsConfig } from './persisted-operations.ts';
export type { PluginFile } from './plugins.ts';
export type { RateConfig, RateSubject } from './rates.ts';
export type { ErrorPolicy, LogLevel, ResolvedConfig, SubgraphConfig } from './resolved-config.ts';
export type { ServerTlsConfig, TlsFile } from './server-tls.ts';
export type { StoreConfig } from './store.ts';
export type { SubgraphTlsConfig } from './subgraph-tls.ts';
export { pendingKeys, supportedFederation } from './supergraph-yaml.ts';
export type { BodyCompression, BreakerConfig, HttpClient } from './traffic.ts';
export { parseDuration } from './units.ts';
