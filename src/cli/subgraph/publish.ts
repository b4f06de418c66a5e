/** `isthmus subgraph publish`: another schema, URL or prompts of one subgraph, composed, checked and served at once. */
import type { Command } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { readHttpUrl } from '../options/read-http-url.ts';
import { readInput } from '../read-input.ts';
import { graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type CanaryOptions, withCanary } from '../registry/read-canary.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';

export interface UploadOptions {
  readonly name: string;
  readonly schema?: string;
  readonly routingUrl?: string;
  readonly prompts?: string;
}

interface PublishOptions extends RegistryOptions, UploadOptions, NoteOptions, CanaryOptions {
  readonly team?: string;
}

export function publishCommand(): Command {
  const command = cliCommand('publish', {
    description: 'Publish a subgraph: composed with the others, refused where that fails, else served within a second.',
    examples: [
      'isthmus subgraph publish shop@production --name products --schema products.graphql',
      'isthmus subgraph publish --name stock --schema stock.graphql --routing-url http://stock:4001/graphql',
      'isthmus subgraph publish --name assistant --schema assistant.graphql --prompts prompts/ --canary 5%',
      'isthmus subgraph introspect http://127.0.0.1:4003 | isthmus subgraph publish --name products --schema -',
    ],
  });
  return withCanary(withNote(withUpload(withRegistry(command, 'registry:publish'))))
    .option('--team <name>', 'the team on whose behalf: what it owns waits for nobody')
    .action(publish);
}

/** The graph as the argument, and the options of `UploadOptions`. */
export function withUpload(command: Command): Command {
  return command
    .argument('[graph]', graphArgument)
    .requiredOption('--name <subgraph>', 'its name')
    .option('--schema <file>', 'its schema, - for stdin; default: the one that is published')
    .option('--routing-url <url>', 'where it answers GraphQL; default: the one that is published', readHttpUrl)
    .option('--prompts <folder>', 'the folder of an AI subgraph’s prompts; default: those that are published');
}

async function publish(graph: string | undefined, options: PublishOptions): Promise<void> {
  const ref = await graphOf(graph, options);
  const { name, schema, prompts, team } = options;
  const change = { kind: 'publish', subgraphs: [await uploadOf(options)] };
  const body = { change, ...(team === undefined ? {} : { team }) };
  const files = { [name]: { schema: schema === '-' ? undefined : schema, prompts } };
  await publishChange(options, ref, { body, files });
}

/** @throws CliFailure FILE where a file cannot be read */
export async function uploadOf({ name, schema, routingUrl, prompts }: UploadOptions) {
  if (schema === undefined && routingUrl === undefined && prompts === undefined)
    fail('COMMAND_LINE', 'name what is to be published: --schema, --routing-url or --prompts');
  return {
    name,
    ...(schema === undefined ? {} : { sdl: await readSchema(schema) }),
    ...(routingUrl === undefined ? {} : { routingUrl }),
    ...(prompts === undefined ? {} : { prompts: await readPrompts(prompts) }),
  };
}

/** @throws CliFailure FILE where it cannot be read, or has no SDL */
export async function readSchema(file: string): Promise<string> {
  const sdl = await readInput(file);
  const name = file === '-' ? 'the input' : file;
  if (sdl.trim() === '') fail('FILE', `${name} is empty: it has no schema`);
  if (/^[\s]*[[{]\s*["}\]]/.test(sdl))
    fail(
      'FILE',
      `${name} is JSON: a schema is written as SDL, which \`isthmus subgraph introspect\` prints of a subgraph`,
    );
  return sdl;
}

/** @throws CliFailure FILE where the folder cannot be read */
export async function readPrompts(path: string): Promise<Readonly<Record<string, string>>> {
  const { readPromptFolder } = await import('../../ai/fields/index.ts');
  const { folder, texts, errors } = await readPromptFolder(path);
  const unreadable = errors.get(folder);
  return unreadable === undefined ? Object.fromEntries(texts) : fail('FILE', `${path}: ${unreadable.message}`);
}
