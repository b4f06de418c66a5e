/** A generation's content over an operator's own supergraph.yaml. */
import { join } from 'node:path';
import type { PublishedOverlay } from '../../config/index.ts';
import { type GenerationContent, operationsFolder, promptsFolder, schemaFile } from './generation-content.ts';

/**
 * @param folder the content's own
 * @param name what messages call it, such as `generation 12 of shop@current`
 */
export function overlayOf(
  { subgraphs, settings, operations = {} }: GenerationContent,
  folder: string,
  name: string,
): PublishedOverlay {
  const entries = Object.entries(subgraphs).map(([subgraph, { kind, routingUrl }]) => {
    const file = join(folder, subgraph, schemaFile);
    return [
      subgraph,
      kind === 'ai'
        ? { kind, schemaFile: file, promptsFolder: join(folder, subgraph, promptsFolder) }
        : { kind, schemaFile: file, routingUrl: routingUrl ?? '' },
    ] as const;
  });
  const documents = Object.keys(operations).map((application) => join(folder, operationsFolder, `${application}.json`));
  return { name, subgraphs: Object.fromEntries(entries), settings, documents };
}
