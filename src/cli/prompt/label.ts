/** `isthmus prompt label`: which version of a prompt a label means, published by itself. */
import type { Command } from 'commander';
import { isMap, parseDocument } from 'yaml';
import { labelsFile } from '../../ai/fields/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type CanaryOptions, withCanary } from '../registry/read-canary.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';
import { publishedPrompts } from './published-prompts.ts';

interface LabelOptions extends RegistryOptions, NoteOptions, CanaryOptions {
  readonly graph?: string;
  readonly subgraph?: string;
}

export function labelCommand(): Command {
  const command = cliCommand('label', {
    description: 'Let a label of a prompt mean another version; without a version the label goes.',
    examples: [
      'isthmus prompt label review-summary@3 production',
      'isthmus prompt label review-summary@4 production --graph shop@production --canary 5%',
      'isthmus prompt label review-summary beta',
    ],
  });
  return withCanary(withNote(withRegistry(command, 'registry:publish')))
    .argument('<prompt>', 'a version of a prompt: review-summary@3')
    .argument('<label>', 'the label: production')
    .option('--graph <graph>', 'the graph and its variant; default: the one that the configuration follows')
    .option('--subgraph <name>', 'the AI subgraph; default: the only one that has the prompt')
    .action(label);
}

async function label(prompt: string, name: string, options: LabelOptions): Promise<void> {
  const [, promptName, version] = /^([\w-]+)(?:@(\d+))?$/.exec(prompt) ?? [];
  if (promptName === undefined)
    fail('COMMAND_LINE', `"${prompt}" is no prompt: write a name and a version, such as review-summary@3`);
  const ref = await graphOf(options.graph, options);
  const owners = (await publishedPrompts(options, ref, options.subgraph)).filter(({ files }) =>
    files.has(version === undefined ? labelsFile : `${prompt}.prompt`),
  );
  const [owner, another] = owners;
  if (owner === undefined) fail('NOT_FOUND', `no AI subgraph that is published has the prompt "${prompt}"`);
  if (another !== undefined)
    fail('COMMAND_LINE', `${owner.subgraph} and ${another.subgraph} have it: name one with --subgraph`);
  const labels = relabelled(owner.files.get(labelsFile) ?? '', { prompt: promptName, label: name, version });
  const prompts = { ...Object.fromEntries(owner.files), [labelsFile]: labels };
  const message =
    options.message ?? (version === undefined ? `${promptName}: no label ${name}` : `${prompt} is ${name}`);
  const change = { kind: 'publish', subgraphs: [{ name: owner.subgraph, prompts }] };
  await publishChange({ ...options, message }, ref, { body: { change } });
}

interface Relabel {
  readonly prompt: string;
  readonly label: string;
  readonly version: string | undefined;
}

/** The rest of the file stays as it is, comments included. */
function relabelled(text: string, { prompt, label, version }: Relabel): string {
  const document = parseDocument(text);
  if (version !== undefined) document.setIn([prompt, label], Number(version));
  else if (!document.deleteIn([prompt, label])) fail('NOT_FOUND', `${prompt} has no label "${label}"`);
  const ofPrompt = document.get(prompt);
  if (isMap(ofPrompt) && ofPrompt.items.length === 0) document.delete(prompt);
  return document.toString();
}
