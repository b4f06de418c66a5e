import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { messageOf } from '../errors/index.ts';
import { deepFreeze, didYouMean, readTextFile } from '../lib/index.ts';
import { resolveAccess } from './access/access.ts';
import { resolveAi } from './ai/ai.ts';
import { resolveAlerts } from './alerts/alerts.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { resolveCoprocessor } from './coprocessor.ts';
import { type ConfiguredInCode, crossKeyProblems, type LineOf } from './cross-key-problems.ts';
import { resolveLimits } from './limits/limits.ts';
import { resolveAdmin } from './network/admin.ts';
import { resolveNetwork } from './network/server-network.ts';
import { resolveServerTls } from './network/server-tls.ts';
import { resolvePersistedOperations } from './persisted-operations.ts';
import { resolvePlugins } from './plugins.ts';
import { problemMessage, unknownKey } from './problem-words.ts';
import { layOver, type PublishedOverlay } from './published-overlay.ts';
import { formatPath, readYaml, type YamlPath, type YamlSource } from './read-yaml.ts';
import { resolveRegistry } from './registry.ts';
import type { ResolvedConfig, SubgraphConfig } from './resolved-config.ts';
import { settingsOfSubgraphs } from './settings-of-subgraphs.ts';
import { resolveStore } from './store.ts';
import { resolveSupergraph } from './supergraph-source.ts';
import { type SupergraphYaml, supergraphYaml } from './supergraph-yaml.ts';
import { resolveTelemetry } from './telemetry/telemetry.ts';
import { parseDuration } from './units.ts';
import { withLocalSubgraphs } from './with-local-subgraphs.ts';

const nothingFromCode: ConfiguredInCode = { subgraphs: {}, providers: [] };

/**
 * Reads, checks and resolves a supergraph.yaml.
 *
 * @param file its path; relative paths inside it start at its own folder
 * @param environment where `${NAME}` is read from
 * @param inCode what the file may name without having it
 * @param published what a registry has published, over the file
 * @throws ConfigError with every problem, its YAML path and line; values are never quoted, they may be secrets
 */
export async function loadConfig(
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
  inCode: ConfiguredInCode = nothingFromCode,
  published?: PublishedOverlay,
): Promise<ResolvedConfig> {
  let text: string;
  try {
    text = await readTextFile(file);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing
      ? 'there is no such file; name one with --config'
      : `the file cannot be read: ${messageOf(error)}`;
    throw new ConfigError(file, [{ path: '', line: undefined, message }]);
  }
  return checkSource(file, readYaml(file, text, environment), environment, inCode, published);
}

/**
 * Checks and resolves a configuration that is an object, in the form of supergraph.yaml. `${NAME}` in it stays as it is.
 *
 * @param file where it would stand as a file: relative paths start at its folder, and problems name it
 * @throws ConfigError with every problem and its path
 */
export function checkConfig(
  file: string,
  value: unknown,
  environment: NodeJS.ProcessEnv = process.env,
  inCode: ConfiguredInCode = nothingFromCode,
  published?: PublishedOverlay,
): ResolvedConfig {
  return checkSource(file, { value, lineOf: () => undefined }, environment, inCode, published);
}

/** @param file where relative paths start */
function checkSource(
  file: string,
  own: YamlSource,
  environment: NodeJS.ProcessEnv,
  inCode: ConfiguredInCode,
  published: PublishedOverlay | undefined,
): ResolvedConfig {
  const whole = published === undefined ? own : layOver(own, published);
  const source = inCode.localSubgraphs === undefined ? whole : withLocalSubgraphs(whole, inCode.localSubgraphs);
  const fileName = published === undefined ? file : `${file} with ${published.name}`;
  const unsafe = protectionSwitches.filter((name) => environment[name] !== undefined);
  if (unsafe.length > 0) {
    const message = 'disables a protection of the query planner; unset it';
    throw new ConfigError(
      file,
      unsafe.map((name) => ({ path: '', line: undefined, message: `${name} ${message}` })),
    );
  }
  const parsed = supergraphYaml.safeParse(source.value);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, source.lineOf, source.value));
    // One problem for each path: further problems of a value with the wrong form follow from the first.
    const first = problems.filter(
      ({ path }, index) => problems.findIndex((problem) => problem.path === path) === index,
    );
    throw new ConfigError(fileName, first);
  }
  const problems = crossKeyProblems(parsed.data, {
    inCode,
    lineOf: source.lineOf,
    isPublished: published !== undefined,
  });
  if (problems.length > 0) throw new ConfigError(fileName, problems);
  return deepFreeze(resolveConfig(resolve(file), parsed.data, source.lineOf, inCode));
}

/** Environment variables that disable limits of Apollo's query planner. */
const protectionSwitches = [
  'APOLLO_DISABLE_SECURITY_RECURSIVE_SELECTIONS_CHECK',
  'APOLLO_DISABLE_SECURITY_NON_LOCAL_SELECTIONS_CHECK',
];

function problemsOf(issue: z.core.$ZodIssue, lineOf: LineOf, root: unknown): ConfigProblem[] {
  const path = issue.path as YamlPath;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const whole = [...path, key];
      return { path: formatPath(whole), line: lineOf(whole), message: unknownKey(path, key) };
    });
  }
  const value = valueAt(root, path);
  if (issue.code === 'invalid_union' && path.at(-1) === 'kind') {
    const kinds = ['openai', 'ai-sdk', 'local'];
    const near = typeof value === 'string' ? didYouMean(value, kinds) : '';
    const message = `the kinds of provider are openai, ai-sdk and local${near}`;
    return [{ path: formatPath(path), line: lineOf(path), message }];
  }
  const branch = issue.code === 'invalid_union' ? matchingBranch(issue) : undefined;
  if (branch !== undefined) {
    return branch.flatMap((inner) => problemsOf({ ...inner, path: [...path, ...inner.path] }, lineOf, root));
  }
  return [{ path: formatPath(path), line: lineOf(path), message: problemMessage(issue, path, value) }];
}

/** @returns `undefined` where the path does not exist */
function valueAt(root: unknown, path: YamlPath): unknown {
  let value = root;
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** The only branch of a union whose outer type fits the value: its problems have the exact path. */
function matchingBranch(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  const fitting = issue.errors.filter((branch) =>
    branch.every((inner) => inner.code !== 'invalid_type' || inner.path.length > 0),
  );
  if (fitting.length === 1) return fitting[0];
  // Of several mappings, the one that has every key of the value.
  const whole = fitting.filter(
    (branch) => !branch.some(({ code, path }) => code === 'unrecognized_keys' && path.length === 0),
  );
  if (whole.length === 1) return whole[0];
  return whole.length === 0 && fitting.length > 1 ? [wrongKeys(fitting)] : undefined;
}

/** Of mappings of which none has every key of the value: the keys that none has, else those that none has together. */
function wrongKeys(branches: readonly (readonly z.core.$ZodIssue[])[]): z.core.$ZodIssue {
  const unknown = branches.map((branch) =>
    branch.flatMap((inner) => (inner.code === 'unrecognized_keys' && inner.path.length === 0 ? inner.keys : [])),
  );
  const all = [...new Set(unknown.flat())];
  const keys = all.filter((key) => unknown.every((names) => names.includes(key)));
  if (keys.length > 0) return { code: 'unrecognized_keys', keys, path: [], message: '' };
  return { code: 'custom', path: [], message: `these keys exclude each other: ${all.join(', ')}`, input: undefined };
}

function resolveConfig(file: string, yaml: SupergraphYaml, lineOf: LineOf, inCode: ConfiguredInCode): ResolvedConfig {
  const at = (path: string) => resolve(dirname(file), path);
  const milliseconds = (text: string) => parseDuration(text) ?? 0;
  const { server } = yaml;
  const store = resolveStore(yaml.store, at, lineOf);
  const telemetry = resolveTelemetry(yaml.telemetry, at, yaml.alerts.rules.length > 0);
  const http = Object.entries(yaml.subgraphs).flatMap(([name, subgraph]) => (subgraph.ai ? [] : [name]));
  return {
    file,
    subgraphs: [
      ...Object.entries(yaml.subgraphs).map(([name, subgraph]) => resolveSubgraph(name, subgraph, at)),
      ...Object.entries(inCode.subgraphs).map(([name, sdl]) => inProcessSubgraph(name, sdl)),
    ],
    supergraph: resolveSupergraph(yaml, at),
    server: {
      host: server.host,
      port: server.port,
      workers: server.workers === 'auto' ? availableParallelism() : server.workers,
      graphqlPath: server.graphql_path,
      introspection: server.introspection,
      deprecationHeaders: server.deprecation_headers,
      v1: server.v1,
      landingPage: server.landing_page,
      exampleOperationsFolder: server.example_operations === undefined ? undefined : at(server.example_operations),
      allowedOrigins: server.allowed_origins,
      tls: resolveServerTls(server.tls, at, lineOf),
      network: resolveNetwork(server),
      headersTimeoutMs: milliseconds(server.headers_timeout),
      requestTimeoutMs: milliseconds(server.request_timeout),
      operationTimeoutMs: milliseconds(server.operation_timeout),
      writeTimeoutMs: milliseconds(server.write_timeout),
      drainTimeoutMs: milliseconds(server.drain_timeout),
    },
    ...settingsOfSubgraphs(yaml, { names: http, inProcess: Object.keys(inCode.subgraphs), telemetry, at, lineOf }),
    limits: resolveLimits(yaml.limits),
    persistedOperations: resolvePersistedOperations(yaml.persisted_operations, at, lineOf),
    engine: yaml.engine,
    errors: {
      mode: yaml.errors.mode,
      allowedExtensions: yaml.errors.allowed_extensions,
      serviceName: yaml.errors.service_name,
    },
    overrideLabels: Object.keys(yaml.override_labels).filter((label) => yaml.override_labels[label]),
    access: resolveAccess(yaml.access, at, lineOf),
    admin: resolveAdmin(yaml.admin, { hasApiKeys: yaml.access.api_keys, hasTls: server.tls !== undefined }),
    store,
    ai: resolveAi(yaml.ai, at, store),
    packageLines: packageLinesOf(yaml, lineOf),
    plugins: resolvePlugins(yaml.plugins, at, lineOf),
    coprocessor: resolveCoprocessor(yaml.coprocessor),
    telemetry,
    registry: resolveRegistry(yaml.supergraph === undefined ? yaml.registry : false),
    alerts: resolveAlerts(yaml.alerts),
  };
}

function packageLinesOf(yaml: SupergraphYaml, lineOf: LineOf): Readonly<Record<string, number>> {
  const lines = Object.keys(yaml.ai.providers).map((name) => [name, lineOf(['ai', 'providers', name, 'package'])]);
  return Object.fromEntries(lines.filter(([, line]) => line !== undefined));
}

/** The default polling interval is 10 s. */
function pollMsOf(poll: string | undefined): number | undefined {
  return poll === 'off' ? undefined : parseDuration(poll ?? '10s');
}

function inProcessSubgraph(name: string, sdl: string): SubgraphConfig {
  return { kind: 'in-process', name, schema: { kind: 'inline', sdl } };
}

function resolveSubgraph(
  name: string,
  subgraph: SupergraphYaml['subgraphs'][string],
  at: (path: string) => string,
): SubgraphConfig {
  const { file, subgraph_url: url } = subgraph.schema;
  if (subgraph.ai) {
    return {
      kind: 'ai',
      name,
      schema: { kind: 'file', path: at(file ?? '') },
      promptsFolder: at(subgraph.prompts ?? ''),
      codeFile: subgraph.code === undefined ? undefined : at(subgraph.code),
    };
  }
  return {
    kind: 'http',
    name,
    routingUrl: subgraph.routing_url ?? url ?? '',
    schema:
      file === undefined
        ? { kind: 'introspection', url: url ?? '', pollMs: pollMsOf(subgraph.schema.poll) }
        : { kind: 'file', path: at(file) },
  };
}
