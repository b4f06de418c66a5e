export { ConfigError, type ConfigProblem } from './config-error.ts';
export { configJsonSchema } from './json-schema.ts';
export { loadConfig, parseModelReference } from './load-config.ts';
export type {
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
