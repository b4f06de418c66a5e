/** `isthmus subgraph introspect URL`: the SDL that a running subgraph has of itself. */
import type { Command } from 'commander';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult } from '../frame/print-result.ts';
import { withProgress } from '../frame/with-progress.ts';
import { readHeader } from '../options/read-header.ts';
import { readHttpUrl } from '../options/read-http-url.ts';
import { printable } from '../printable.ts';
import { writeWhole } from '../write-whole.ts';

interface IntrospectOptions {
  readonly output?: string;
  readonly header: readonly (readonly [string, string])[];
  readonly json: boolean;
}

const timeoutMs = 30_000;

export function introspectCommand(): Command {
  return cliCommand('introspect', {
    description: 'Print the schema of a running subgraph, as its `_service { sdl }` has it.',
    local: 'it asks the subgraph itself',
    examples: [
      'isthmus subgraph introspect http://127.0.0.1:4001/graphql',
      'isthmus subgraph introspect https://accounts.example/graphql --header "authorization: Bearer $TOKEN" --output accounts.graphql',
    ],
  })
    .argument('<url>', 'its GraphQL endpoint', readHttpUrl)
    .option('--output <file>', 'where the schema is written; default: stdout')
    .option('--header <line>', "a header of the request, 'name: value'; may be repeated", readHeader, [])
    .action(introspect);
}

async function introspect(url: string, { output, header, json }: IntrospectOptions): Promise<void> {
  const sdl = await withProgress('introspecting', () => sdlOf(url, Object.fromEntries(header)));
  const text = `${sdl.trim()}\n`;
  if (output !== undefined) await writeWhole(output, text);
  printResult({ json }, output === undefined ? { sdl: text } : { output, sdl: text }, () =>
    output === undefined ? text : `${output} is written`,
  );
}

/** @throws CliFailure SERVER */
export async function sdlOf(url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  const { introspectSdl, reasonOf } = await import('../../supergraph/index.ts');
  try {
    return await introspectSdl('subgraph', url, { timeoutMs, headers });
  } catch (error) {
    return fail(
      'SERVER',
      `${url} cannot be introspected: ${printable(reasonOf(error))}; a subgraph answers { _service { sdl } } at its endpoint`,
    );
  }
}
