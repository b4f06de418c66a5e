/**
 * A supergraph as it crosses threads: what the main thread has read and composed, as plain data. Modules cannot cross: each
 * worker imports those of plugins, policies and AI fields itself, and refuses one that has been edited since it was read.
 */
import { loadPolicies } from '../access/index.ts';
import { createPromptFolder, readFieldCode, type SubgraphCode } from '../ai/fields/index.ts';
import type { LedgerAccess } from '../ai/ledger/index.ts';
import { ConfigError, type ResolvedConfig } from '../config/index.ts';
import { deepFreeze } from '../lib/index.ts';
import { loadPlugins } from '../plugins/index.ts';
import type { SupergraphParts } from '../read-supergraph.ts';

export interface SupergraphMessage
  extends Pick<
    SupergraphParts,
    'id' | 'config' | 'sources' | 'sensitive' | 'composition' | 'pluginHashes' | 'policyHashes' | 'keyFiles'
  > {
  /** Where model calls are recorded; undefined: nowhere. */
  readonly ledger: LedgerAccess | undefined;
  /** The files of each AI subgraph's folder of prompts. */
  readonly prompts: ReadonlyMap<string, { readonly folder: string; readonly texts: ReadonlyMap<string, string> }>;
  /** The hash of each AI subgraph's module. */
  readonly codeHashes: ReadonlyMap<string, string>;
}

export function toSupergraphMessage(parts: SupergraphParts, ledger: LedgerAccess | undefined): SupergraphMessage {
  const { id, config, sources, prompts, code, sensitive, composition, pluginHashes, policyHashes, keyFiles } = parts;
  return {
    id,
    config,
    sources,
    sensitive,
    composition,
    pluginHashes,
    policyHashes,
    keyFiles,
    ledger,
    prompts: new Map([...prompts].map(([name, { folder, texts }]) => [name, { folder, texts }])),
    codeHashes: new Map([...code].map(([name, { hash }]) => [name, hash])),
  };
}

/** @throws ConfigError for a module that cannot be loaded, or has been edited since the supergraph was read */
export async function fromSupergraphMessage(message: SupergraphMessage): Promise<SupergraphParts> {
  const { id, sources, sensitive, composition, pluginHashes, policyHashes, keyFiles } = message;
  const config = deepFreeze(message.config);
  const prompts: [string, Awaited<ReturnType<typeof createPromptFolder>>][] = [];
  for (const [name, { folder, texts }] of message.prompts)
    prompts.push([name, await createPromptFolder(folder, texts)]);
  const { plugins, hashes } = await loadPlugins(config);
  const edited = config.plugins.find((_, index) => hashes[index] !== pluginHashes[index]);
  if (edited !== undefined) throw editedMeanwhile(config, edited.place, edited.line);
  const loaded = await loadPolicies(config);
  const changed = config.access.policies.find(({ name }) => loaded.policyHashes.get(name) !== policyHashes.get(name));
  if (changed !== undefined) throw editedMeanwhile(config, changed.place, changed.line);
  return {
    id,
    config,
    sources,
    prompts: new Map(prompts),
    code: await loadCode(config, message.codeHashes),
    sensitive,
    report: [],
    composition,
    policies: loaded.policies,
    keyFiles,
    plugins,
    pluginHashes,
    policyHashes,
  };
}

async function loadCode(
  config: ResolvedConfig,
  hashes: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, SubgraphCode>> {
  const loaded = new Map<string, SubgraphCode>();
  for (const subgraph of config.subgraphs) {
    if (subgraph.kind !== 'ai' || subgraph.codeFile === undefined) continue;
    const path = `subgraphs.${subgraph.name}.code`;
    const code = await readFieldCode(subgraph.codeFile);
    if (typeof code === 'string') throw new ConfigError(config.file, [{ path, line: undefined, message: code }]);
    if (code.hash !== hashes.get(subgraph.name)) throw editedMeanwhile(config, path, undefined);
    loaded.set(subgraph.name, code);
  }
  return loaded;
}

function editedMeanwhile({ file }: ResolvedConfig, path: string, line: number | undefined): ConfigError {
  return new ConfigError(file, [{ path, line, message: 'the module was edited while the change was taken up' }]);
}
