/** What the rest of Isthmus reads: resolved once, frozen, in milliseconds and bytes, with absolute paths. */
import type { AccessConfig } from './access/access.ts';
import type { AiConfig } from './ai/ai.ts';
import type { AlertsConfig } from './alerts/alerts.ts';
import type { CacheConfig } from './cache.ts';
import type { CoprocessorConfig } from './coprocessor.ts';
import type { LimitsConfig } from './limits/limits.ts';
import type { AdminConfig } from './network/admin.ts';
import type { HeaderRules } from './network/header-rules.ts';
import type { NetworkConfig } from './network/server-network.ts';
import type { ServerTlsConfig } from './network/server-tls.ts';
import type { ShareIdentical, SubgraphTraffic } from './network/traffic.ts';
import type { PersistedOperationsConfig } from './persisted-operations.ts';
import type { PluginFile } from './plugins.ts';
import type { RegistryConfig } from './registry.ts';
import type { StoreConfig } from './store.ts';
import type { SupergraphConfig } from './supergraph-source.ts';
import type { TelemetryConfig } from './telemetry/telemetry.ts';

export type SubgraphConfig =
  /** Brought by an application: the runtime has its `execute`. */
  | { readonly kind: 'in-process'; readonly name: string; readonly schema: InlineSource }
  | { readonly kind: 'http'; readonly name: string; readonly routingUrl: string; readonly schema: SchemaSource }
  | {
      readonly kind: 'ai';
      readonly name: string;
      readonly schema: FileSource;
      readonly promptsFolder: string;
      /** The module with the functions of its fields; `undefined`: none. */
      readonly codeFile: string | undefined;
    };

export interface FileSource {
  readonly kind: 'file';
  readonly path: string;
}

export interface InlineSource {
  readonly kind: 'inline';
  readonly sdl: string;
}

export type SchemaSource =
  | FileSource
  | {
      readonly kind: 'introspection';
      readonly url: string;
      /** The polling interval while the gateway runs; `undefined`: no polling. */
      readonly pollMs: number | undefined;
    }
  /** The subgraph was taken out of a supergraph. */
  | { readonly kind: 'supergraph' };

export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  /** How many threads `isthmus serve` answers requests with. */
  readonly workers: number;
  readonly graphqlPath: string;
  readonly introspection: boolean;
  readonly deprecationHeaders: boolean;
  readonly v1: boolean;
  readonly landingPage: boolean;
  readonly exampleOperationsFolder: string | undefined;
  readonly allowedOrigins: readonly string[];
  /** Undefined: HTTP. */
  readonly tls: ServerTlsConfig | undefined;
  readonly network: NetworkConfig;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly operationTimeoutMs: number;
  readonly writeTimeoutMs: number;
  readonly drainTimeoutMs: number;
}

/** What clients see of a subgraph's errors. */
export interface ErrorPolicy {
  readonly mode: 'wrapped' | 'pass-through';
  readonly allowedExtensions: readonly string[];
  readonly serviceName: boolean;
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export interface ResolvedConfig {
  /** The absolute path of the file this was read from. */
  readonly file: string;
  /** Where `supergraph` is given, none until it has been read. */
  readonly subgraphs: readonly SubgraphConfig[];
  /** Undefined: the subgraphs are composed here. */
  readonly supergraph: SupergraphConfig | undefined;
  readonly server: ServerConfig;
  readonly traffic: {
    readonly shareIdentical: ShareIdentical;
    /** The traffic settings of each HTTP subgraph, by its name. */
    readonly subgraphs: Readonly<Record<string, SubgraphTraffic>>;
  };
  /** The header rules of each HTTP subgraph, by its name. */
  readonly headers: Readonly<Record<string, HeaderRules>>;
  readonly limits: LimitsConfig;
  readonly persistedOperations: PersistedOperationsConfig;
  readonly cache: CacheConfig;
  readonly engine: 'isthmus' | 'reference';
  readonly errors: ErrorPolicy;
  /** The named labels of progressive overrides that are enabled. */
  readonly overrideLabels: readonly string[];
  readonly access: AccessConfig;
  readonly store: StoreConfig;
  /** Undefined: there is no admin listener. */
  readonly admin: AdminConfig | undefined;
  readonly ai: AiConfig;
  /** The line of each AI SDK provider's `package` key, by the provider's name, for messages about that package. */
  readonly packageLines: Readonly<Record<string, number>>;
  /** Modules of plugins, in order. */
  readonly plugins: readonly PluginFile[];
  readonly coprocessor: CoprocessorConfig | undefined;
  readonly telemetry: TelemetryConfig;
  readonly registry: RegistryConfig;
  readonly alerts: AlertsConfig;
}
