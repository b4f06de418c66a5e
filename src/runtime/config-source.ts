/** Where the configuration comes from: a file that may change, or an object. */
import { resolve } from 'node:path';
import {
  checkConfig,
  type LocalSubgraph,
  loadConfig,
  type PublishedOverlay,
  type ResolvedConfig,
} from '../config/index.ts';
import type { InProcessSubgraph } from '../transport/index.ts';

export interface ConfigSourceOptions {
  readonly configFile?: string | undefined;
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  readonly providers?: Readonly<Record<string, unknown>> | undefined;
  readonly environment?: NodeJS.ProcessEnv | undefined;
  readonly localSubgraphs?: Readonly<Record<string, LocalSubgraph>> | undefined;
}

export interface ConfigSource {
  /** The file, or where it would stand: relative paths start at its folder. */
  readonly file: string;
  /** @param published what a registry has published, over it; @throws ConfigError with every problem */
  load(published?: PublishedOverlay): Promise<ResolvedConfig>;
}

/** Where problems of an object are, in the words of who wrote it. */
const objectName = 'createGateway’s config';

export function configSource(
  { configFile, config, providers = {}, environment = process.env, localSubgraphs }: ConfigSourceOptions,
  subgraphs: ReadonlyMap<string, InProcessSubgraph>,
): ConfigSource {
  if (config !== undefined && configFile !== undefined)
    throw new TypeError('createGateway takes config or configFile, not both');
  const inCode = {
    subgraphs: Object.fromEntries([...subgraphs].map(([name, { sdl }]) => [name, sdl])),
    providers: Object.keys(providers),
    localSubgraphs,
  };
  if (configFile !== undefined)
    return { file: resolve(configFile), load: (published) => loadConfig(configFile, environment, inCode, published) };
  const load: ConfigSource['load'] = async (published) =>
    checkConfig(objectName, config ?? {}, environment, inCode, published);
  return { file: resolve(objectName), load };
}
