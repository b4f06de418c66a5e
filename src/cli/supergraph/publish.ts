/**
 * `isthmus supergraph publish`: everything of a configuration that changes together, as one generation: all its subgraphs with
 * their prompts, its limits, contracts and policies.
 */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { parse } from 'yaml';
import { loadConfig, type ResolvedConfig } from '../../config/index.ts';
import { ownSubgraphs } from '../../registry/publish/index.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type CanaryOptions, withCanary } from '../registry/read-canary.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';

interface PublishOptions extends RegistryOptions, NoteOptions, CanaryOptions {
  readonly settings: boolean;
}

export function publishCommand(): Command {
  const command = cliCommand('publish', {
    description: 'Publish all of a configuration that changes together, as one generation.',
    examples: [
      'isthmus supergraph publish shop@production --config supergraph.yaml',
      'isthmus supergraph publish --no-settings --gateway http://registry:4400',
    ],
  });
  return withCanary(withNote(withRegistry(command, 'registry:publish')))
    .argument('[graph]', graphArgument)
    .option('--no-settings', 'the subgraphs alone, without limits, access.contracts and access.policies')
    .action(publish);
}

async function publish(graph: string | undefined, options: PublishOptions): Promise<void> {
  const config = await loadConfig(options.config);
  if (config.subgraphs.length === 0) fail('NOTHING_TO_DO', `${options.config} names no subgraph`);
  const ref = await graphOf(graph, options);
  const settings = options.settings ? await settingsOf(config) : undefined;
  const change = {
    kind: 'publish',
    subgraphs: await ownSubgraphs(config),
    ...(settings === undefined ? {} : { settings }),
  };
  await publishChange(options, ref, { body: { change } });
}

/** The sections as the file has them: what is left out there has its default wherever they are published. */
async function settingsOf({ file }: ResolvedConfig) {
  const yaml = (parse(await readFile(file, 'utf8')) ?? {}) as Readonly<Record<string, unknown>>;
  const { limits, access } = yaml as { readonly limits?: unknown; readonly access?: Readonly<Record<string, unknown>> };
  const { rate_counters: _counters, ...rest } = (limits ?? {}) as Readonly<Record<string, unknown>>;
  const modules = Object.entries((access?.policies ?? {}) as Readonly<Record<string, unknown>>).filter(
    ([, policy]) => typeof policy === 'object' && policy !== null && 'code' in policy,
  );
  if (modules.length > 0)
    fail(
      'REFUSED',
      `access.policies.${modules[0]?.[0]} is a module of this machine and cannot be published: write a CEL expression, or publish with --no-settings`,
    );
  const sections = {
    limits: limits === undefined ? undefined : rest,
    contracts: access?.contracts,
    policies: access?.policies,
  };
  const variable = /\$\{(\w+)/.exec(JSON.stringify(sections))?.[1];
  if (variable !== undefined)
    fail(
      'REFUSED',
      `limits, access.contracts or access.policies read ${variable} of the environment, which is each gateway’s own: write its value, or publish with --no-settings`,
    );
  return Object.fromEntries(Object.entries(sections).filter(([, section]) => section !== undefined));
}
