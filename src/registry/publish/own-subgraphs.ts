import type { ResolvedConfig } from '../../config/index.ts';
import type { UploadedSubgraph } from './change-content.ts';

/**
 * The subgraphs of a configuration's own file, with their schemas and prompts, as they are published.
 * @throws CompositionError naming each subgraph whose SDL is unavailable
 */
export async function ownSubgraphs(config: ResolvedConfig): Promise<readonly UploadedSubgraph[]> {
  const { readPromptFolder } = await import('../../ai/fields/index.ts');
  const { readSources } = await import('../../supergraph/index.ts');
  const sources = await readSources(config);
  const subgraphs: UploadedSubgraph[] = [];
  for (const subgraph of config.subgraphs) {
    const { name, kind } = subgraph;
    const sdl = sources.find((source) => source.name === name)?.sdl;
    if (kind === 'http') subgraphs.push({ name, sdl, routingUrl: subgraph.routingUrl });
    else if (kind === 'ai') {
      const { texts } = await readPromptFolder(subgraph.promptsFolder);
      subgraphs.push({ name, sdl, prompts: Object.fromEntries(texts) });
    }
  }
  return subgraphs;
}
