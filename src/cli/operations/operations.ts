/** `isthmus operations`: the trusted documents of an application, checked against a graph and published with it. */
import type { Command } from 'commander';
import { buildSchema, parse, validate } from 'graphql';
import { formatGraphRef, type GraphRef } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { createLogger } from '../../observability/index.ts';
import { readTrustedDocuments, type TrustedDocument } from '../../persisted/index.ts';
import { cliCommand, commandGroup } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { printable } from '../printable.ts';
import { askRegistry, graphArgument, graphOf, type RegistryOptions, withRegistry } from '../registry/ask-registry.ts';
import { publishChange } from '../registry/publish-change.ts';
import { type NoteOptions, withNote } from '../registry/with-note.ts';
import { manifestOf } from './manifest-of.ts';

interface OperationsOptions extends RegistryOptions {
  readonly documents: readonly string[];
}

interface PushOptions extends OperationsOptions, NoteOptions {
  readonly name: string;
}

interface InvalidDocument {
  readonly id: string;
  readonly problems: readonly string[];
}

export function operationsCommand(): Command {
  return commandGroup('operations', 'The trusted documents of applications.', [pushCommand(), checkCommand()]);
}

function pushCommand(): Command {
  const command = cliCommand('push', {
    description: 'Publish the trusted documents of an application with the graph; each has to be valid.',
    examples: [
      'isthmus operations push shop@production --name web --documents persisted-query-manifest.json',
      'isthmus operations push --name ios --documents operations/ --gateway http://registry:4400',
    ],
  });
  return withNote(withDocuments(withRegistry(command, 'registry:publish')))
    .requiredOption('--name <application>', 'the application; its documents of before are replaced')
    .action(push);
}

function checkCommand(): Command {
  const command = cliCommand('check', {
    description: 'Check trusted documents against the graph that is published; exits 1 where one is not valid.',
    examples: ['isthmus operations check shop@production --documents persisted-query-manifest.json'],
  });
  return withDocuments(withRegistry(command, 'admin:read')).action(check);
}

function withDocuments(command: Command): Command {
  return command
    .argument('[graph]', graphArgument)
    .requiredOption(
      '--documents <source...>',
      'folders of .graphql files, and manifests of Apollo or Relay, by file or URL',
    );
}

async function push(graph: string | undefined, options: PushOptions): Promise<void> {
  const ref = await graphOf(graph, options);
  const documents = await documentsOf(options);
  const invalid = await invalidDocuments(options, ref, documents);
  if (invalid.length > 0) return report(options, documents, invalid);
  const change = { kind: 'operations', manifests: { [options.name]: manifestOf(documents) } };
  await publishChange(options, ref, { body: { change } });
}

async function check(graph: string | undefined, options: OperationsOptions): Promise<void> {
  const ref = await graphOf(graph, options);
  const documents = await documentsOf(options);
  report(options, documents, await invalidDocuments(options, ref, documents));
}

function report(
  options: OperationsOptions,
  documents: readonly TrustedDocument[],
  invalid: readonly InvalidDocument[],
): void {
  printResult(options, { documents: documents.length, invalid }, () =>
    [
      ...invalid.flatMap(({ id, problems }) => [
        printable(id),
        ...problems.map((problem) => `  ${printable(problem)}`),
      ]),
      `${documents.length - invalid.length} of ${documents.length} documents are valid`,
    ].join('\n'),
  );
  if (invalid.length > 0) reportFinding();
}

async function documentsOf({ documents: sources, config }: OperationsOptions): Promise<readonly TrustedDocument[]> {
  const common = { place: '--documents', line: undefined };
  const documents = sources.map((source) =>
    /^https?:\/\//.test(source)
      ? ({ ...common, kind: 'url', url: source } as const)
      : ({ ...common, kind: 'path', path: source } as const),
  );
  const persistedOperations = {
    documents,
    automatic: false,
    maxBytes: 0,
    pollMs: 0,
    warm: 0,
    safelist: 'off',
  } as const;
  const read = await readTrustedDocuments({ file: config, persistedOperations }, createLogger({ level: 'silent' }));
  return read.length > 0 ? read : fail('NOTHING_TO_DO', 'there are no documents');
}

async function invalidDocuments(
  options: OperationsOptions,
  ref: GraphRef,
  documents: readonly TrustedDocument[],
): Promise<readonly InvalidDocument[]> {
  const sdl = String(await askRegistry(options, ref, { path: 'schema.graphql', progress: 'composing' }));
  if (sdl.trim() === '') return fail('NOT_FOUND', `nothing has been published to ${formatGraphRef(ref)} yet`);
  const schema = buildSchema(sdl, { assumeValidSDL: true });
  const problemsOf = (text: string): readonly string[] => {
    try {
      return validate(schema, parse(text)).map(({ message }) => message);
    } catch (error) {
      return [messageOf(error)];
    }
  };
  return documents
    .map(({ ids: [id = ''], text }) => ({ id, problems: problemsOf(text) }))
    .filter(({ problems }) => problems.length > 0);
}
