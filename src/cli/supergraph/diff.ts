/** `isthmus supergraph diff`: what changed from one generation to another, by file and line. */
import type { Command } from 'commander';
import type { GraphRef } from '../../config/index.ts';
import type { GenerationContent, PublishedGeneration } from '../../registry/generation/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';
import { askRegistry, graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { lineChanges } from '../registry/line-changes.ts';
import { type GenerationName, readGeneration } from '../registry/read-generation.ts';
import { servedOfGraph } from '../registry/served-generation.ts';

interface DiffOptions extends RegistryOptions {
  readonly from?: GenerationName;
  readonly to?: GenerationName;
}

interface FileChange {
  /** Such as `products/schema.graphql`. */
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export function diffCommand(): Command {
  const command = cliCommand('diff', {
    description: 'Print what changed from one generation to another.',
    examples: ['isthmus supergraph diff shop@production', 'isthmus supergraph diff --from 12 --to 15'],
  });
  return withRegistry(command, 'admin:read')
    .argument('[graph]', graphArgument)
    .option('--from <generation>', 'its number or label; default: the one before --to', readGeneration)
    .option(
      '--to <generation>',
      'its number or label; default: the canary, or else the one that serves',
      readGeneration,
    )
    .action(diff);
}

async function diff(graph: string | undefined, options: DiffOptions): Promise<void> {
  const ref = await graphOf(graph, options);
  const served = await servedOfGraph(options, ref);
  const name = options.to ?? served.canary?.generation.number ?? served.generation.number;
  const after = await generationOf(options, ref, name);
  const earlier = options.from ?? after.number - 1;
  const before = earlier === 0 ? undefined : await generationOf(options, ref, earlier);
  const [from, to] = [before?.number ?? 0, after.number];
  const changes = await changesOf(options, ref, before?.content, after.content);
  printResult(options, { from, to, files: changes }, () =>
    changes.length === 0
      ? `generations ${from} and ${to} are the same`
      : changes.map(({ file, ...texts }) => [`--- ${file}`, ...lineChanges(texts)].join('\n')).join('\n\n'),
  );
}

async function generationOf(options: DiffOptions, ref: GraphRef, name: GenerationName): Promise<PublishedGeneration> {
  return (await askRegistry(options, ref, { path: `generations/${name}` })) as PublishedGeneration;
}

async function changesOf(
  options: DiffOptions,
  ref: GraphRef,
  before: GenerationContent | undefined,
  after: GenerationContent,
): Promise<readonly FileChange[]> {
  const [old, now] = [filesOf(before), filesOf(after)];
  const files = [...new Set([...old.keys(), ...now.keys()])].sort().filter((file) => old.get(file) !== now.get(file));
  const hashes = files.flatMap((file) => [old.get(file), now.get(file)]).filter((hash) => hash !== undefined);
  const { texts } = (await askRegistry(options, ref, {
    path: 'texts',
    body: { hashes: [...new Set(hashes)].slice(0, 500) },
  })) as {
    readonly texts: Readonly<Record<string, string>>;
  };
  const others = settingsChange(before, after);
  return [
    ...files.map((file) => ({ file, before: texts[old.get(file) ?? ''], after: texts[now.get(file) ?? ''] })),
    ...others,
  ];
}

/** Hashes by file; a routing URL counts as one. */
function filesOf(content: GenerationContent | undefined): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(content?.subgraphs ?? {}).flatMap(([name, { files }]) =>
      Object.entries(files).map(([file, hash]) => [`${name}/${file}`, hash] as const),
    ),
  );
}

/** Routing URLs and the sections of supergraph.yaml, as JSON. */
function settingsChange(before: GenerationContent | undefined, after: GenerationContent): readonly FileChange[] {
  const textOf = (content: GenerationContent | undefined): string => {
    const urls = Object.entries(content?.subgraphs ?? {}).map(([name, { routingUrl }]) => [name, routingUrl]);
    return JSON.stringify({ routingUrls: Object.fromEntries(urls), ...content?.settings }, null, 2);
  };
  const [old, now] = [textOf(before), textOf(after)];
  return old === now ? [] : [{ file: 'settings', before: old, after: now }];
}
