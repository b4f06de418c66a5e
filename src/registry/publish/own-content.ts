import { readPromptFolder } from '../../ai/fields/index.ts';
import type { ResolvedConfig } from '../../config/index.ts';
import { readSources } from '../../supergraph/index.ts';
import { emptyContent } from '../generation/index.ts';
import { type ChangedContent, changeContent, type UploadedSubgraph } from './change-content.ts';

/**
 * The subgraphs of a configuration's own file, as content: a graph that was served from files goes on from there.
 * @throws CompositionError naming each subgraph whose SDL is unavailable
 */
export async function ownContent(config: ResolvedConfig): Promise<ChangedContent> {
  const sources = await readSources(config);
  const subgraphs: UploadedSubgraph[] = [];
  for (const subgraph of config.subgraphs) {
    const { name, kind } = subgraph;
    const sdl = sources.find((source) => source.name === name)?.sdl;
    if (kind === 'http') subgraphs.push({ name, sdl, routingUrl: subgraph.routingUrl });
    else if (kind === 'ai')
      subgraphs.push({
        name,
        sdl,
        prompts: Object.fromEntries((await readPromptFolder(subgraph.promptsFolder)).texts),
      });
  }
  return changeContent(emptyContent, { kind: 'publish', subgraphs });
}
