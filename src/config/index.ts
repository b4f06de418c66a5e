export {
  type AiConfig,
  type AiFieldsConfig,
  type AliasCache,
  type Capability,
  type FallbackCause,
  type ModelAlias,
  type ModelTarget,
  type PriceOverride,
  type ProviderConfig,
  parseModelReference,
  type RoutingRule,
  type Strategy,
  type StructuredOutput,
  type TargetLimits,
  type TokenPrices,
} from './ai.ts';
export { ConfigError, type ConfigProblem } from './config-error.ts';
export type { GuardMode, GuardrailsConfig, ModerationConfig, PersonalDataKind } from './guardrails.ts';
export { guardrailsYaml, resolveGuardrails } from './guardrails.ts';
export {
  type HeaderMerge,
  type HeaderRules,
  type RequestHeaderRule,
  type ResponseHeaderRule,
  unforwardableHeaders,
} from './header-rules.ts';
export { configJsonSchema } from './json-schema.ts';
export { loadConfig } from './load-config.ts';
export type { ErrorPolicy, LogLevel, ResolvedConfig, SubgraphConfig } from './resolved-config.ts';
export { pendingKeys, supportedFederation } from './supergraph-yaml.ts';
export type { BodyCompression, BreakerConfig } from './traffic.ts';
