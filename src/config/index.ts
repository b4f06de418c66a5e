export { ConfigError, type ConfigProblem } from './config-error.ts';
export {
  type HeaderMerge,
  type HeaderRules,
  type RequestHeaderRule,
  type ResponseHeaderRule,
  unforwardableHeaders,
} from './header-rules.ts';
export { configJsonSchema } from './json-schema.ts';
export { loadConfig, parseModelReference } from './load-config.ts';
export type {
  ErrorPolicy,
  FileSource,
  LogLevel,
  ModelTarget,
  ProviderConfig,
  ResolvedConfig,
  SchemaSource,
  ServerConfig,
  StructuredOutput,
  SubgraphConfig,
} from './resolved-config.ts';
export { pendingKeys, supportedFederation } from './supergraph-yaml.ts';
export type { BodyCompression, BreakerConfig, ShareIdentical, SubgraphTraffic } from './traffic.ts';
