/** Loads the modules that `plugins` of supergraph.yaml names: `export const plugin: Plugin = { name, onRequest, … }`. */
import { pathToFileURL } from 'node:url';
import { guardCode } from '../ai/fields/index.ts';
import { ConfigError, type ConfigProblem, type PluginFile, type ResolvedConfig } from '../config/index.ts';
import { messageOf } from '../errors/index.ts';
import { readTextFile, stableHash, withinTime } from '../lib/index.ts';
import type { Plugin } from './plugin.ts';

/** A module may await what never comes. */
const loadTimeoutMs = 10_000;

export interface LoadedPlugins {
  readonly plugins: readonly Plugin[];
  /** Of the files: an edit makes another generation. */
  readonly hashes: readonly string[];
}

/**
 * An edited file is loaded anew; what it imports is Node's to cache, so an edit there requires a restart.
 * @throws ConfigError naming every file that is no plugin, with its line
 */
export async function loadPlugins({ file, plugins: files }: ResolvedConfig): Promise<LoadedPlugins> {
  const loaded = await Promise.all(files.map(loadPlugin));
  const problems = loaded.flatMap((entry) => ('problem' in entry ? [entry.problem] : []));
  if (problems.length > 0) throw new ConfigError(file, problems);
  const plugins = loaded.flatMap((entry) => ('plugin' in entry ? [entry] : []));
  return { plugins: plugins.map(({ plugin }) => plugin), hashes: plugins.map(({ hash }) => hash) };
}

/**
 * The hashes alone: another thread loads the modules.
 * @throws ConfigError naming every file that cannot be read, with its line
 */
export async function hashPlugins({ file, plugins: files }: ResolvedConfig): Promise<readonly string[]> {
  const hashes: string[] = [];
  const problems: ConfigProblem[] = [];
  for (const { path, place, line } of files) {
    try {
      hashes.push(await hashOf(path));
    } catch (error) {
      problems.push({ path: place, line, message: cannotBeLoaded(error) });
    }
  }
  if (problems.length > 0) throw new ConfigError(file, problems);
  return hashes;
}

type Loaded = { readonly plugin: Plugin; readonly hash: string } | { readonly problem: ConfigProblem };

async function loadPlugin({ path, place, line }: PluginFile): Promise<Loaded> {
  try {
    const hash = await hashOf(path);
    const url = pathToFileURL(path);
    url.searchParams.set('version', hash);
    const loading = guardCode(path, () => import(url.href) as Promise<{ readonly plugin?: unknown }>);
    const { plugin } = await withinTime(loading, { timeoutMs: loadTimeoutMs, what: 'loading the module' });
    if (isPlugin(plugin)) return { plugin, hash };
    return { problem: { path: place, line, message: 'the module exports no `plugin` with a name and hooks' } };
  } catch (error) {
    return { problem: { path: place, line, message: cannotBeLoaded(error) } };
  }
}

async function hashOf(path: string): Promise<string> {
  return stableHash(await readTextFile(path)).slice(0, 16);
}

function cannotBeLoaded(error: unknown): string {
  return `the plugin cannot be loaded: ${messageOf(error).split('\n')[0]}`;
}

const hookNames = [
  'onRequest',
  'onOperation',
  'onPlan',
  'onSubgraphRequest',
  'onModelCall',
  'onResponse',
  'onReload',
] as const satisfies readonly (keyof Plugin)[];

/** Whether it is one: a name, and no hook that is not a function. */
export function isPlugin(value: unknown): value is Plugin {
  if (value === null || typeof value !== 'object') return false;
  const plugin = value as Readonly<Record<string, unknown>>;
  if (typeof plugin.name !== 'string' || plugin.name === '') return false;
  const hooks = hookNames.map((name) => plugin[name]).filter((hook) => hook !== undefined);
  const misnamed = Object.keys(plugin).some(
    (key) => /^on[A-Z]/.test(key) && !(hookNames as readonly string[]).includes(key),
  );
  return !misnamed && hooks.every((hook) => typeof hook === 'function');
}
