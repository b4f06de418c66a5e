import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import { deepFreeze } from '../lib/index.ts';
import { ConfigError, type ConfigProblem } from './config-error.ts';
import { resolveHeaderRules } from './header-rules.ts';
import { formatPath, readYaml, type YamlPath } from './read-yaml.ts';
import type { ModelTarget, ProviderConfig, ResolvedConfig, SubgraphConfig } from './resolved-config.ts';
import { pendingKeys, type SupergraphYaml, supergraphYaml } from './supergraph-yaml.ts';
import { resolveTraffic } from './traffic.ts';
import { parseDuration, parseSize } from './units.ts';

/**
 * Reads, checks and resolves a supergraph.yaml.
 *
 * @param file its path; relative paths inside it start at its own folder
 * @param environment where `${NAME}` is read from
 * @throws ConfigError with every problem, its YAML path and line; values are never quoted, they may be secrets
 */
export async function loadConfig(file: string, environment: NodeJS.ProcessEnv = process.env): Promise<ResolvedConfig> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing ? 'there is no such file; name one with --config' : 'the file cannot be read';
    throw new ConfigError(file, [{ path: '', line: undefined, message }]);
  }
  const unsafe = protectionSwitches.filter((name) => environment[name] !== undefined);
  if (unsafe.length > 0) {
    const message = 'switches off a protection of the query planner; unset it';
    throw new ConfigError(
      file,
      unsafe.map((name) => ({ path: '', line: undefined, message: `${name} ${message}` })),
    );
  }
  const source = readYaml(file, text, environment);
  const parsed = supergraphYaml.safeParse(source.value);
  if (!parsed.success) {
    const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, source.lineOf));
    // One problem a place: what else is said of a value that has the wrong form follows from that.
    const first = problems.filter(({ path }, index) => problems.findIndex((other) => other.path === path) === index);
    throw new ConfigError(file, first);
  }
  const problems = [...unknownProviders(parsed.data, source.lineOf), ...unknownSubgraphs(parsed.data, source.lineOf)];
  if (problems.length > 0) throw new ConfigError(file, problems);
  return deepFreeze(resolveConfig(resolve(file), parsed.data));
}

/** Variables by which Apollo's packages switch off their limits on what is planned. */
const protectionSwitches = [
  'APOLLO_DISABLE_SECURITY_RECURSIVE_SELECTIONS_CHECK',
  'APOLLO_DISABLE_SECURITY_NON_LOCAL_SELECTIONS_CHECK',
];

function problemsOf(issue: z.core.$ZodIssue, lineOf: (path: YamlPath) => number | undefined): ConfigProblem[] {
  const path = issue.path as YamlPath;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const whole = [...path, key];
      const written = formatPath(whole);
      const message = pendingKeys.has(written) ? `"${written}" is not available yet` : `"${key}" is not a key here`;
      return { path: written, line: lineOf(whole), message };
    });
  }
  if (issue.code === 'invalid_union' && path.at(-1) === 'kind') {
    const message = 'the kinds of provider are openai and local (ai-sdk is not available yet)';
    return [{ path: formatPath(path), line: lineOf(path), message }];
  }
  const meant = issue.code === 'invalid_union' ? branchMeant(issue) : undefined;
  if (meant !== undefined) {
    return meant.flatMap((inner) => problemsOf({ ...inner, path: [...path, ...inner.path] }, lineOf));
  }
  return [{ path: formatPath(path), line: lineOf(path), message: issue.message.replace(/^Invalid input: /, '') }];
}

/** Of a union's branches, the one whose outer type is right, where there is just one: its problems name their place. */
function branchMeant(issue: z.core.$ZodIssueInvalidUnion): z.core.$ZodIssue[] | undefined {
  const fitting = issue.errors.filter((branch) =>
    branch.every((inner) => inner.code !== 'invalid_type' || inner.path.length > 0),
  );
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** `traffic.subgraphs` and `headers.subgraphs` name subgraphs that are asked over HTTP. */
function unknownSubgraphs(yaml: SupergraphYaml, lineOf: (path: YamlPath) => number | undefined): ConfigProblem[] {
  return (['traffic', 'headers'] as const).flatMap((key) =>
    Object.keys(yaml[key].subgraphs).flatMap((name) => {
      const subgraph = Object.hasOwn(yaml.subgraphs, name) ? yaml.subgraphs[name] : undefined;
      if (subgraph !== undefined && !subgraph.ai) return [];
      const message =
        subgraph === undefined
          ? `there is no subgraph "${name}" under subgraphs`
          : `"${name}" is an AI subgraph: it runs in-process and is not asked over HTTP`;
      const path = [key, 'subgraphs', name];
      return [{ path: formatPath(path), line: lineOf(path), message }];
    }),
  );
}

function unknownProviders(yaml: SupergraphYaml, lineOf: (path: YamlPath) => number | undefined): ConfigProblem[] {
  return Object.entries(yaml.ai.models).flatMap(([alias, references]) =>
    references.flatMap((target, index) => {
      const { provider } = resolveTarget(target);
      if (Object.hasOwn(yaml.ai.providers, provider)) return [];
      const path = ['ai', 'models', alias, index];
      return [
        {
          path: formatPath(path),
          line: lineOf(path),
          message: `there is no provider "${provider}" under ai.providers`,
        },
      ];
    }),
  );
}

/** `<provider>/<model id>`, split at the first `/`: a model id may have more of them. */
export function parseModelReference(reference: string): Pick<ModelTarget, 'provider' | 'model'> {
  const slash = reference.indexOf('/');
  return { provider: reference.slice(0, slash), model: reference.slice(slash + 1) };
}

function resolveTarget(target: SupergraphYaml['ai']['models'][string][number]): ModelTarget {
  return typeof target === 'string'
    ? { ...parseModelReference(target), structured: 'json_schema' }
    : { ...parseModelReference(target.model), structured: target.structured };
}

function resolveConfig(file: string, yaml: SupergraphYaml): ResolvedConfig {
  const at = (path: string) => resolve(dirname(file), path);
  const milliseconds = (text: string) => parseDuration(text) ?? 0;
  const { server } = yaml;
  const providers = Object.entries(yaml.ai.providers).map(
    ([name, provider]): ProviderConfig =>
      provider.kind === 'local'
        ? { kind: 'local', name }
        : { kind: 'openai', name, baseUrl: provider.base_url, apiKey: provider.api_key },
  );
  const keyless = new Set(providers.flatMap((one) => (one.kind === 'openai' && one.apiKey === '' ? [one.name] : [])));
  const models = Object.entries(yaml.ai.models).map(([alias, references]): [string, ModelTarget[]] => [
    alias,
    references.map(resolveTarget).filter((target) => !keyless.has(target.provider)),
  ]);
  const http = Object.entries(yaml.subgraphs).flatMap(([name, subgraph]) => (subgraph.ai ? [] : [name]));
  return {
    file,
    subgraphs: Object.entries(yaml.subgraphs).map(([name, subgraph]) => resolveSubgraph(name, subgraph, at)),
    server: {
      host: server.host,
      port: server.port,
      graphqlPath: server.graphql_path,
      introspection: server.introspection,
      landingPage: server.landing_page,
      exampleOperationsFolder: server.example_operations === undefined ? undefined : at(server.example_operations),
      allowedOrigins: server.allowed_origins,
      headersTimeoutMs: milliseconds(server.headers_timeout),
      requestTimeoutMs: milliseconds(server.request_timeout),
      operationTimeoutMs: milliseconds(server.operation_timeout),
      drainTimeoutMs: milliseconds(server.drain_timeout),
    },
    traffic: {
      shareIdentical: yaml.traffic.share_identical,
      subgraphs: Object.fromEntries(http.map((name) => [name, resolveTraffic(yaml.traffic, name)])),
    },
    headers: Object.fromEntries(http.map((name) => [name, resolveHeaderRules(yaml.headers, name)])),
    limits: { bodyBytes: parseSize(yaml.limits.body) ?? 0, planDeadlineMs: milliseconds(yaml.limits.plan_deadline) },
    engine: yaml.engine,
    errors: {
      mode: yaml.errors.mode,
      allowedExtensions: yaml.errors.allowed_extensions,
      serviceName: yaml.errors.service_name,
    },
    overrideLabels: Object.keys(yaml.override_labels).filter((label) => yaml.override_labels[label]),
    ai: { providers: providers.filter((one) => !keyless.has(one.name)), models: Object.fromEntries(models) },
    telemetry: { logLevel: yaml.telemetry.log_level },
  };
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
    };
  }
  return {
    kind: 'http',
    name,
    routingUrl: subgraph.routing_url ?? url ?? '',
    schema: file === undefined ? { kind: 'introspection', url: url ?? '' } : { kind: 'file', path: at(file) },
  };
}
