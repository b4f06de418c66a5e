/** What a configuration says for each of its HTTP subgraphs, by their names. */
import { resolveCache } from './cache.ts';
import { type HeaderRules, resolveHeaderRules, withoutClientTraces } from './network/header-rules.ts';
import { resolveTraffic } from './network/traffic.ts';
import type { YamlPath } from './read-yaml.ts';
import type { ResolvedConfig } from './resolved-config.ts';
import type { SupergraphYaml } from './supergraph-yaml.ts';
import type { TelemetryConfig } from './telemetry/telemetry.ts';

export interface SettingsOptions {
  /** Of HTTP subgraphs. */
  readonly names: readonly string[];
  /** Of subgraphs that an application brings. */
  readonly inProcess: readonly string[];
  readonly telemetry: TelemetryConfig;
  readonly at: (path: string) => string;
  readonly lineOf: (path: YamlPath) => number | undefined;
}

export function settingsOfSubgraphs(
  { traffic, headers, cache }: Pick<SupergraphYaml, 'traffic' | 'headers' | 'cache'>,
  { names, inProcess, telemetry, at, lineOf }: SettingsOptions,
): Pick<ResolvedConfig, 'traffic' | 'headers' | 'cache'> {
  const rulesOf = (name: string): HeaderRules => {
    const rules = resolveHeaderRules(headers, name);
    return telemetry.otlp === undefined ? rules : withoutClientTraces(rules);
  };
  return {
    traffic: {
      shareIdentical: traffic.share_identical,
      subgraphs: Object.fromEntries(names.map((name) => [name, resolveTraffic(traffic, name, at, lineOf)])),
    },
    headers: Object.fromEntries(names.map((name) => [name, rulesOf(name)])),
    cache: resolveCache(cache, [...names, ...inProcess]),
  };
}
