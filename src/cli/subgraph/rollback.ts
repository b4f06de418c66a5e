/** `isthmus subgraph rollback`: one subgraph as it was in an earlier generation, with the others as they are. */
import type { Command } from 'commander';
import type { GraphRef } from '../../config/index.ts';
import {
  type PublishedGeneration,
  promptsFolder,
  type SubgraphContent,
  schemaFile,
} from '../../registry/generation/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { askRegistry, graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type GenerationName, readGeneration } from '../registry/read-generation.ts';
import { servedGeneration } from '../registry/served-generation.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';

interface RollbackOptions extends RegistryOptions, NoteOptions {
  readonly name: string;
  readonly to?: GenerationName;
}

export function rollbackCommand(): Command {
  const command = cliCommand('rollback', {
    description: 'Publish a subgraph again as it was in an earlier generation, with the others as they are now.',
    examples: [
      'isthmus subgraph rollback shop@production --name products',
      'isthmus subgraph rollback --name products --to 12',
    ],
  });
  return withNote(withRegistry(command, 'registry:publish'))
    .argument('[graph]', graphArgument)
    .requiredOption('--name <subgraph>', 'its name')
    .option(
      '--to <generation>',
      'the number or label of a generation; default: the last in which it was another',
      readGeneration,
    )
    .action(rollback);
}

async function rollback(graph: string | undefined, options: RollbackOptions): Promise<void> {
  const { name } = options;
  const ref = await graphOf(graph, options);
  const serving = await servedGeneration(options, ref);
  const now = JSON.stringify(serving.content.subgraphs[name]);
  const { number, content } = await earlier(
    options,
    ref,
    (generation) => JSON.stringify(generation.content.subgraphs[name]) !== now,
  );
  const before = content.subgraphs[name] ?? fail('NOT_FOUND', `generation ${number} has no subgraph "${name}"`);
  const change = { kind: 'publish', subgraphs: [await uploadOf(options, ref, name, before)] };
  const message = options.message ?? `${name} as in generation ${number}`;
  await publishChange({ ...options, message }, ref, { body: { change } });
}

/** The generation that is named, or else the last one that differs. */
async function earlier(
  options: RollbackOptions,
  ref: GraphRef,
  differs: (generation: PublishedGeneration) => boolean,
): Promise<PublishedGeneration> {
  if (options.to !== undefined)
    return (await askRegistry(options, ref, { path: `generations/${options.to}` })) as PublishedGeneration;
  for (let before = ''; ; ) {
    const page = (await askRegistry(options, ref, {
      path: `generations?limit=100${before}`,
    })) as readonly PublishedGeneration[];
    const match = page.find((generation) => options.name in generation.content.subgraphs && differs(generation));
    if (match !== undefined) return match;
    const last = page.at(-1);
    if (last === undefined || last.number === 1)
      return fail(
        'NOT_FOUND',
        `no earlier generation has another subgraph "${options.name}"; \`isthmus subgraph list\` says which there are`,
      );
    before = `&before=${last.number}`;
  }
}

async function uploadOf(
  options: RollbackOptions,
  ref: GraphRef,
  name: string,
  { kind, routingUrl, files }: SubgraphContent,
) {
  const hashes = [...new Set(Object.values(files))];
  const { texts } = (await askRegistry(options, ref, { path: 'texts', body: { hashes } })) as {
    readonly texts: Readonly<Record<string, string>>;
  };
  const textOf = (file: string): string =>
    texts[files[file] ?? ''] ?? fail('SERVER', `the registry does not have ${file} any more`);
  const prompts = Object.keys(files).filter((file) => file !== schemaFile);
  return {
    name,
    sdl: textOf(schemaFile),
    ...(routingUrl === null ? {} : { routingUrl }),
    ...(kind === 'ai'
      ? { prompts: Object.fromEntries(prompts.map((file) => [file.slice(promptsFolder.length + 1), textOf(file)])) }
      : {}),
  };
}
