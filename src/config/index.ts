export type { AccessConfig } from './access/access.ts';
export type { ContractConfig } from './access/access-contracts.ts';
export type { PolicyConfig } from './access/access-policies.ts';
export { type AiConfig, type AiFieldsConfig, type LongInput, longInputs } from './ai/ai.ts';
export type { BudgetCountersConfig } from './ai/ai-budget-counters.ts';
export type { BudgetConfig, BudgetPeriod, BudgetSubject, BudgetUnit } from './ai/ai-budgets.ts';
export type {
  AliasCache,
  Capability,
  FallbackCause,
  ModelAlias,
  ModelTarget,
  RoutingRule,
  Strategy,
  TargetLimits,
} from './ai/ai-models.ts';
export { parseModelReference } from './ai/ai-names.ts';
export type { PriceOverride, TokenPrices } from './ai/ai-prices.ts';
export type { ProviderConfig } from './ai/ai-providers.ts';
export {
  type GuardMode,
  type GuardrailsConfig,
  guardrailsYaml,
  type ModerationConfig,
  type PersonalDataKind,
  resolveGuardrails,
} from './ai/guardrails.ts';
export type { AlertMeasure, AlertRule, AlertsConfig } from './alerts/alerts.ts';
export type {
  CacheConfig,
  CacheScope,
  CallersConfig,
  EntitiesConfig,
  LifetimeConfig,
  ResponsesConfig,
} from './cache.ts';
export type { CacheStoreConfig } from './cache-store.ts';
export { ConfigError, type ConfigProblem } from './config-error.ts';
export type { CoprocessorConfig, CoprocessorPart, CoprocessorStage } from './coprocessor.ts';
export type { ConfiguredInCode, LocalSubgraph } from './cross-key-problems.ts';
export { defaultVariant, formatGraphRef, type GraphRef, graphNameRule, parseGraphRef } from './graph-ref.ts';
export { configJsonSchema } from './json-schema.ts';
export type { LimitsConfig, OperationLimits } from './limits/limits.ts';
export type { CostConfig } from './limits/limits-cost.ts';
export { listSizeIn } from './limits/limits-cost.ts';
export type { OverloadConfig } from './limits/overload.ts';
export type { RateCountersConfig } from './limits/rate-counters.ts';
export type { RateConfig, RateSubject } from './limits/rates.ts';
export { checkConfig, loadConfig } from './load-config.ts';
export type { AdminConfig } from './network/admin.ts';
export {
  type HeaderMerge,
  type HeaderRules,
  type PrincipalPart,
  type RequestHeaderRule,
  type ResponseHeaderRule,
  traceHeaderNames,
  unforwardableHeaders,
} from './network/header-rules.ts';
export type { ServerTlsConfig, TlsFile } from './network/server-tls.ts';
export type { SubgraphTlsConfig } from './network/subgraph-tls.ts';
export type { BodyCompression, BreakerConfig, HttpClient } from './network/traffic.ts';
export type { DocumentSource, PersistedOperationsConfig } from './persisted-operations.ts';
export type { PluginFile } from './plugins.ts';
export type { PublishedOverlay } from './published-overlay.ts';
export { linesOfKeys } from './read-yaml.ts';
export type { RegistryConfig } from './registry.ts';
export type { ChecksConfig } from './registry-checks.ts';
export type { ErrorPolicy, LogLevel, ResolvedConfig, SubgraphConfig } from './resolved-config.ts';
export type { StoreConfig } from './store.ts';
export type { SupergraphConfig, SupergraphSource } from './supergraph-source.ts';
export { pendingKeys, subgraphName, supportedFederation } from './supergraph-yaml.ts';
export type { LogConfig, LogFileConfig, LogFormat } from './telemetry/log.ts';
export type { MetricsConfig } from './telemetry/metrics.ts';
export type { OtlpConfig } from './telemetry/otlp.ts';
export type { RecordsConfig } from './telemetry/records.ts';
export type { TelemetryConfig } from './telemetry/telemetry.ts';
export type { TraceFormat, TracingConfig } from './telemetry/tracing.ts';
export { parseDuration } from './units.ts';
export type { WebhookConfig } from './webhook.ts';
export { withSubgraphs } from './with-subgraphs.ts';
