/** What is wrong with keys of supergraph.yaml beside each other: each has its own form, and they contradict. */
import { didYouMean } from '../lib/index.ts';
import { unreachableContracts } from './access/access-contracts.ts';
import { builtInProvider } from './ai/ai-providers.ts';
import { unknownInAi } from './ai/unknown-in-ai.ts';
import type { ConfigProblem } from './config-error.ts';
import { formatPath, type YamlPath } from './read-yaml.ts';
import { type SupergraphYaml, subgraphName } from './supergraph-yaml.ts';

/** The line of a YAML path, counted from 1. */
export type LineOf = (path: YamlPath) => number | undefined;

/** What an application adds to its configuration in code. */
export interface ConfiguredInCode {
  /** The SDL of each in-process subgraph, by its name. */
  readonly subgraphs: Readonly<Record<string, string>>;
  /** The names of its own model providers. */
  readonly providers: readonly string[];
  /** Subgraphs of the machine of whoever works on them, by name, in place of those of the file or of a registry. */
  readonly localSubgraphs?: Readonly<Record<string, LocalSubgraph>> | undefined;
}

export interface LocalSubgraph {
  readonly routingUrl: string;
  /** The absolute path of its SDL. @default it is introspected */
  readonly schemaFile?: string | undefined;
}

export interface CrossKeyContext {
  readonly inCode: ConfiguredInCode;
  readonly lineOf: LineOf;
  /** Whether the subgraphs are a registry's: settings of others may be there for when they are published. */
  readonly isPublished: boolean;
}

export function crossKeyProblems(
  yaml: SupergraphYaml,
  { inCode, lineOf, isPublished }: CrossKeyContext,
): readonly ConfigProblem[] {
  const unknown = unknownInAi(yaml.ai, inCode.providers).map(({ path, message }) => ({
    path: formatPath(path),
    line: lineOf(path),
    message,
  }));
  return [
    ...unknown,
    ...wrongSubgraphs(yaml, inCode, lineOf),
    ...(isPublished ? [] : unknownSubgraphs(yaml, inCode, lineOf)),
    ...(isPublished ? [] : unknownPricedSubgraphs(yaml, inCode, lineOf)),
    ...namedTwice(yaml, inCode, lineOf),
    ...withoutTls(yaml, lineOf),
    ...withoutPair(yaml, lineOf),
    ...withoutRecords(yaml, lineOf),
    ...unreachableContracts(yaml.access.contracts, yaml.server.graphql_path).map(({ path, message }) => ({
      path: formatPath(path),
      line: lineOf(path),
      message,
    })),
  ];
}

/** The graph is that of subgraphs, that of a registry, or that of a supergraph. */
function wrongSubgraphs(yaml: SupergraphYaml, inCode: ConfiguredInCode, lineOf: LineOf): ConfigProblem[] {
  const problem = (path: YamlPath, message: string) => [{ path: formatPath(path), line: lineOf(path), message }];
  const hasSubgraphs = Object.keys(yaml.subgraphs).length > 0;
  const isInCode = Object.keys(inCode.subgraphs).length > 0;
  const hasRegistry = yaml.registry !== undefined && yaml.registry !== false;
  if (yaml.supergraph === undefined)
    return hasSubgraphs || isInCode || hasRegistry ? [] : problem(['subgraphs'], 'name at least one subgraph');
  if (hasSubgraphs) return problem(['subgraphs'], 'supergraph brings its own: name either subgraphs or supergraph');
  if (hasRegistry) return problem(['registry'], 'supergraph comes from another registry: name one of them');
  return isInCode ? problem(['supergraph'], 'createGateway brings subgraphs, which a supergraph has no place for') : [];
}

/** `traffic.subgraphs`, `headers.subgraphs` and `access.to_subgraphs.exchange` name HTTP subgraphs. */
function unknownSubgraphs(yaml: SupergraphYaml, inCode: ConfiguredInCode, lineOf: LineOf): ConfigProblem[] {
  if (yaml.supergraph !== undefined) return []; // withSubgraphs names them
  const { to_subgraphs: toSubgraphs } = yaml.access;
  const places = [
    { place: ['traffic', 'subgraphs'], names: Object.keys(yaml.traffic.subgraphs) },
    { place: ['headers', 'subgraphs'], names: Object.keys(yaml.headers.subgraphs) },
    {
      place: ['access', 'to_subgraphs', 'exchange'],
      names: typeof toSubgraphs === 'boolean' ? [] : Object.keys(toSubgraphs.exchange),
    },
  ];
  return places.flatMap(({ place, names }) =>
    names.flatMap((name) => {
      const subgraph = Object.hasOwn(yaml.subgraphs, name) ? yaml.subgraphs[name] : undefined;
      if (subgraph !== undefined && !subgraph.ai) return [];
      const isInCode = Object.hasOwn(inCode.subgraphs, name);
      const message =
        subgraph === undefined && !isInCode
          ? `there is no subgraph "${name}" under subgraphs${didYouMean(name, Object.keys(yaml.subgraphs))}`
          : `"${name}" is ${isInCode ? 'a subgraph of createGateway' : 'an AI subgraph'}: it runs in-process and has no HTTP settings`;
      const path = [...place, name];
      return [{ path: formatPath(path), line: lineOf(path), message }];
    }),
  );
}

/** `limits.cost.subgraphs` names subgraphs of any kind. */
function unknownPricedSubgraphs(
  { limits, subgraphs, supergraph }: SupergraphYaml,
  inCode: ConfiguredInCode,
  lineOf: LineOf,
) {
  if (supergraph !== undefined) return []; // withSubgraphs names them
  const names = [...Object.keys(subgraphs), ...Object.keys(inCode.subgraphs)];
  return Object.keys(limits.cost?.subgraphs ?? {}).flatMap((name): ConfigProblem[] => {
    if (names.includes(name)) return [];
    const path = ['limits', 'cost', 'subgraphs', name];
    const message = `there is no subgraph "${name}" under subgraphs${didYouMean(name, names)}`;
    return [{ path: formatPath(path), line: lineOf(path), message }];
  });
}

/** Subgraphs and providers that the application brings, and the configuration has as well; names that no subgraph can have. */
function namedTwice(yaml: SupergraphYaml, { subgraphs, providers }: ConfiguredInCode, lineOf: LineOf): ConfigProblem[] {
  const problem = (path: YamlPath, message: string) => ({ path: formatPath(path), line: lineOf(path), message });
  const names = Object.keys(subgraphs);
  return [
    ...names.flatMap((name) => {
      const { success, error } = subgraphName.safeParse(name);
      return success ? [] : [problem(['subgraphs', name], error.issues[0]?.message ?? 'this name is not one')];
    }),
    ...names.flatMap((name) =>
      Object.hasOwn(yaml.subgraphs, name) ? [problem(['subgraphs', name], 'createGateway has this subgraph too')] : [],
    ),
    ...providers.flatMap((name) =>
      Object.hasOwn(yaml.ai.providers, name) || name === builtInProvider
        ? [problem(['ai', 'providers', name], 'createGateway has another provider of this name')]
        : [],
    ),
  ];
}

/** What needs a certificate that is not configured. */
function withoutTls({ server, access, admin }: SupergraphYaml, lineOf: LineOf): ConfigProblem[] {
  const problem = (path: YamlPath, message: string) => [{ path: formatPath(path), line: lineOf(path), message }];
  return [
    ...(access.mtls.length > 0 && server.tls?.client_auth === undefined
      ? problem(['access', 'mtls'], 'no client certificates are accepted: add server.tls.client_auth')
      : []),
    ...(admin !== undefined && admin !== false && admin.tls === true && server.tls === undefined
      ? problem(['admin', 'tls'], 'there is no certificate: add server.tls')
      : []),
  ];
}

/** Rules of alerts that nothing is recorded for. */
function withoutRecords({ alerts, telemetry }: SupergraphYaml, lineOf: LineOf): ConfigProblem[] {
  if (alerts.rules.length === 0 || telemetry.records !== false) return [];
  const path = ['alerts', 'rules'];
  return [
    { path: formatPath(path), line: lineOf(path), message: 'alerts read what is recorded: remove telemetry.records' },
  ];
}

/** A certificate and its key go together, each from `all` or from the subgraph. */
function withoutPair({ traffic }: SupergraphYaml, lineOf: LineOf): ConfigProblem[] {
  const { all, subgraphs } = traffic;
  const places = [
    { path: ['traffic', 'all', 'tls'], tls: all.tls },
    ...Object.entries(subgraphs).map(([name, { tls }]) => ({
      path: ['traffic', 'subgraphs', name, 'tls'],
      tls: tls && { ...all.tls, ...tls },
    })),
  ];
  return places.flatMap(({ path, tls }) => {
    if (tls === undefined || (tls.cert === undefined) === (tls.key === undefined)) return [];
    const message = `cert and key go together: add ${tls.cert === undefined ? 'cert' : 'key'}`;
    return [{ path: formatPath(path), line: lineOf(path), message }];
  });
}
