/** Reads and composes what a configuration names, AI fields checked: everything a generation is built from. */
import { relative } from 'node:path';
import {
  createContractChoice,
  type KeyFiles,
  loadPolicies,
  type Policies,
  policyProblems,
  readKeyFiles,
} from './access/index.ts';
import {
  checkAiSubgraph,
  modelChecks,
  type PromptFolder,
  readFieldCode,
  readPromptFolder,
  reportAiSubgraph,
  type SensitiveFields,
  type SubgraphCode,
  sensitiveFieldsOf,
} from './ai/fields/index.ts';
import { refuseMissingPackages } from './ai/providers/index.ts';
import { type ResolvedConfig, withSubgraphs } from './config/index.ts';
import { refuseMissingReference } from './execution/index.ts';
import { stableHash } from './lib/index.ts';
import { hashPlugins, loadPlugins, type Plugin } from './plugins/index.ts';
import {
  type AdoptedSupergraph,
  type Composition,
  CompositionError,
  type CompositionProblem,
  compose,
  type ReadSourcesOptions,
  readExternalSupergraph,
  readSources,
  type SubgraphSource,
} from './supergraph/index.ts';

/** A supergraph that composes, with everything its generation is built from. */
export interface SupergraphParts {
  readonly id: string;
  readonly config: ResolvedConfig;
  readonly sources: ReadonlyMap<string, SubgraphSource>;
  readonly prompts: ReadonlyMap<string, PromptFolder>;
  readonly code: ReadonlyMap<string, SubgraphCode>;
  readonly sensitive: SensitiveFields;
  /** Which AI fields read personal data, a line each. */
  readonly report: readonly string[];
  readonly composition: Composition;
  /** The policies that `@policy` names. */
  readonly policies: Policies;
  /** The key sets of issuers that are files. */
  readonly keyFiles: KeyFiles;
  /** Those of the configuration, in order; none where another thread loads them. */
  readonly plugins: readonly Plugin[];
  /** Of their files. */
  readonly pluginHashes: readonly string[];
  readonly policyHashes: ReadonlyMap<string, string>;
}

export interface ReadSupergraphOptions extends ReadSourcesOptions {
  /** Whether the modules of plugins are loaded in this thread. @default true */
  readonly loadsPlugins?: boolean;
}

/**
 * Reads and composes what a configuration names, AI fields checked.
 * @throws CompositionError with every problem found, ConfigError for a provider's package that is not installed, or the
 * signal's reason
 */
export async function readSupergraph(
  declared: ResolvedConfig,
  { loadsPlugins = true, ...options }: ReadSupergraphOptions = {},
): Promise<SupergraphParts> {
  const { config, external } = await withExternalSupergraph(declared, options);
  refuseMissingReference(config);
  refuseMissingPackages(config);
  const { plugins, hashes } = loadsPlugins
    ? await loadPlugins(config)
    : { plugins: [], hashes: await hashPlugins(config) };
  const { policies, policyHashes } = await loadPolicies(config);
  createContractChoice(config); // its conditions are checked
  const keyFiles = await readKeyFiles(config);
  const sources = external?.sources ?? (await readSources(config, options));
  const prompts = new Map<string, PromptFolder>();
  const code = new Map<string, SubgraphCode>();
  const problems: CompositionProblem[] = [];
  for (const subgraph of config.subgraphs) {
    if (subgraph.kind !== 'ai') continue;
    prompts.set(subgraph.name, await readPromptFolder(subgraph.promptsFolder));
    if (subgraph.codeFile === undefined) continue;
    const read = await readFieldCode(subgraph.codeFile);
    if (typeof read !== 'string') code.set(subgraph.name, read);
    else problems.push(codeProblem(subgraph.name, subgraph.codeFile, read));
  }
  const sensitive = await sensitiveFieldsOf(sources);
  const hints: CompositionProblem[] = [];
  const report: string[] = [];
  for (const source of sources) {
    const folder = prompts.get(source.name);
    if (folder === undefined) continue;
    const check = { source, prompts: folder, models: modelChecks(config.ai), sensitive, code: code.get(source.name) };
    problems.push(...checkAiSubgraph(check));
    const reported = reportAiSubgraph(check);
    hints.push(...reported.hints);
    report.push(...reported.report);
  }
  const composed = external?.composition ?? (await composeBeside(sources, config, problems, options.signal));
  const misused = policyProblems(composed, policies);
  if (misused.length > 0) throw new CompositionError(misused);
  const composition = { ...composed, hints: [...composed.hints, ...hints] };
  return {
    id: stableHash({
      config,
      sources,
      // Its subgraphs do not have all that it says: not who may read what.
      ...(external === undefined
        ? {}
        : { supergraph: external.composition.supergraphSdl, apiSdl: external.composition.apiSdl }),
      prompts: [...prompts.values()].map((folder) => folder.hash),
      code: [...code.values()].map(({ hash }) => hash),
      plugins: hashes,
      policies: [...policyHashes.values()],
      keyFiles: [...keyFiles.values()],
    }).slice(0, 16),
    config,
    sources: new Map(sources.map((source) => [source.name, source])),
    prompts,
    code,
    sensitive,
    report,
    composition,
    policies,
    keyFiles,
    plugins,
    pluginHashes: hashes,
    policyHashes,
  };
}

/** The configuration with the subgraphs of a supergraph that another registry has composed, where it names one. */
async function withExternalSupergraph(
  config: ResolvedConfig,
  options: ReadSourcesOptions,
): Promise<{ readonly config: ResolvedConfig; readonly external: AdoptedSupergraph | undefined }> {
  const { supergraph, access } = config;
  if (supergraph === undefined) return { config, external: undefined };
  const external = await readExternalSupergraph(supergraph, access.contracts, options);
  return { config: withSubgraphs(config, supergraph, external.sources), external };
}

function codeProblem(subgraph: string, file: string, message: string): CompositionProblem {
  const place = { subgraph, origin: relative(process.cwd(), file), line: undefined };
  const suggestedFix = 'correct the module, or remove the subgraph’s `code`';
  return { severity: 'error', code: 'AI_CODE_INVALID', message, places: [place], suggestedFix };
}

/** Composes even where AI fields have problems, so that an owner reads all of them at once. */
async function composeBeside(
  sources: readonly SubgraphSource[],
  { access }: ResolvedConfig,
  problems: readonly CompositionProblem[],
  signal: AbortSignal | undefined,
): Promise<Composition> {
  try {
    const composition = await compose(sources, undefined, signal, access.contracts);
    if (problems.length === 0) return composition;
  } catch (error) {
    if (!(error instanceof CompositionError)) throw error;
    throw new CompositionError([...error.problems, ...problems]);
  }
  throw new CompositionError(problems);
}
