/** The prompt files that are published of AI subgraphs. */
import type { GraphRef } from '../../config/index.ts';
import { didYouMean } from '../../lib/index.ts';
import { promptsFolder, schemaFile } from '../../registry/generation/index.ts';
import { fail } from '../frame/cli-failure.ts';
import { askRegistry, type RegistryOptions } from '../registry/ask-registry.ts';
import { servedGeneration } from '../registry/served-generation.ts';

export interface PublishedPrompts {
  readonly subgraph: string;
  /** Texts by file name. */
  readonly files: ReadonlyMap<string, string>;
}

/** @param name of one subgraph; undefined: of all AI subgraphs */
export async function publishedPrompts(
  options: RegistryOptions,
  ref: GraphRef,
  name: string | undefined,
): Promise<readonly PublishedPrompts[]> {
  const { content } = await servedGeneration(options, ref);
  const all = Object.entries(content.subgraphs).filter(([, { kind }]) => kind === 'ai');
  const subgraphs = all.filter(([subgraph]) => name === undefined || subgraph === name);
  if (subgraphs.length === 0) {
    const names = all.map(([subgraph]) => subgraph);
    fail(
      'NOT_FOUND',
      name === undefined
        ? 'no AI subgraph is published'
        : `there is no AI subgraph "${name}"${didYouMean(name, names)}`,
    );
  }
  const hashes = [...new Set(subgraphs.flatMap(([, { files }]) => Object.values(files)))].slice(0, 500);
  const { texts } = (await askRegistry(options, ref, { path: 'texts', body: { hashes } })) as {
    readonly texts: Readonly<Record<string, string>>;
  };
  return subgraphs.map(([subgraph, { files }]) => ({
    subgraph,
    files: new Map(
      Object.entries(files)
        .filter(([path]) => path !== schemaFile)
        .map(([path, hash]) => [path.slice(promptsFolder.length + 1), texts[hash] ?? '']),
    ),
  }));
}
