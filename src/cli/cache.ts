/** `isthmus cache invalidate` asks a running gateway’s admin listener to send cached answers no more. */
import { Command } from 'commander';
import { messageOf } from '../errors/index.ts';
import { readBounded } from '../lib/index.ts';
import { fail } from './fail.ts';
import { printable } from './printable.ts';

interface InvalidateOptions {
  readonly subgraph?: string;
  readonly type?: string;
  readonly operation?: string;
  readonly prompt?: string;
  readonly url: string;
  readonly key?: string;
}

const timeoutMs = 10_000;
const maxAnswerBytes = 1_000_000;

export function cacheCommand(): Command {
  return new Command('cache').description('Cached answers.').addCommand(invalidateCommand());
}

/** Exits 1 if nothing could be invalidated, 2 where the options name nothing. */
function invalidateCommand(): Command {
  return new Command('invalidate')
    .description(
      'Send cached answers no more that were read from a subgraph or one of its types, of an operation, or of a prompt.',
    )
    .option('--subgraph <name>', 'a subgraph; with --type, one of its types')
    .option('--type <name>', 'a type of --subgraph')
    .option('--operation <name>', 'an operation, by its name')
    .option('--prompt <name>', 'a prompt: the answers of its AI fields')
    .option('--url <url>', 'the gateway’s admin listener', 'http://127.0.0.1:4400')
    .option('--key <key>', 'an API key with the scope admin:write; default: ISTHMUS_ADMIN_KEY')
    .action(invalidate);
}

async function invalidate(options: InvalidateOptions): Promise<void> {
  const { subgraph, type, operation, prompt, url, key = process.env.ISTHMUS_ADMIN_KEY } = options;
  if (type !== undefined && subgraph === undefined) return fail('--type needs the --subgraph that has it', 2);
  const requests = [
    ...(subgraph === undefined
      ? []
      : [type === undefined ? { kind: 'subgraph', subgraph } : { kind: 'type', subgraph, type }]),
    ...(operation === undefined ? [] : [{ kind: 'operation', operation }]),
    ...(prompt === undefined ? [] : [{ kind: 'prompt', prompt }]),
  ];
  if (requests.length === 0) return fail('name one of --subgraph, --operation and --prompt', 2);
  let response: Response;
  let text: string;
  try {
    response = await fetch(new URL('/admin/invalidate', url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'x-api-key': key }) },
      body: JSON.stringify(requests),
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = (await readBounded(response.body, maxAnswerBytes, () => new Error('its answer is too long'))).toString();
  } catch (error) {
    const reason = error instanceof TypeError ? messageOf(error.cause ?? error) : messageOf(error);
    return fail(`the admin listener at ${url} cannot be reached (${reason}): is \`admin\` in the configuration?`);
  }
  if (!response.ok) return fail(`the gateway refused: ${printable(text)}`);
  process.stdout.write(`invalidated: ${requests.map((request) => Object.values(request).join(' ')).join(', ')}\n`);
}
