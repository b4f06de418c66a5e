/** `isthmus cache invalidate` asks a running gateway’s admin listener to send cached answers no more. */
import type { Command } from 'commander';
import { type AdminAddress, askAdmin, withGateway } from '../frame/ask-admin.ts';
import { cliCommand, commandGroup } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult } from '../frame/print-result.ts';
import { purgeCommand, statsCommand } from './cache-stats.ts';

interface InvalidateOptions extends AdminAddress {
  readonly json: boolean;
  readonly subgraph?: string;
  readonly type?: string;
  readonly entity?: string;
  readonly field?: readonly string[];
  readonly cacheTag?: readonly string[];
  readonly tenant?: string;
  readonly operation?: string;
  readonly prompt?: string;
}

export function cacheCommand(): Command {
  return commandGroup('cache', 'Cached answers of a running gateway.', [
    invalidateCommand(),
    statsCommand(),
    purgeCommand(),
  ]);
}

function invalidateCommand(): Command {
  const command = cliCommand('invalidate', {
    description:
      'Send cached answers no more: of a subgraph, one of its types, an entity, a cache tag, a tenant, an operation or a prompt.',
    examples: [
      'isthmus cache invalidate --subgraph products',
      'isthmus cache invalidate --entity Product --field id=p1',
      'isthmus cache invalidate --cache-tag sale --gateway http://10.0.0.7:4400 --key "$KEY"',
    ],
  })
    .option('--subgraph <name>', 'a subgraph; with --type or --cache-tag, one of its')
    .option('--type <name>', 'a type of --subgraph')
    .option('--entity <type>', 'the entity of this type that has each --field')
    .option('--field <name=value...>', 'a field of the key of --entity, such as id=p1; dots lead into objects')
    .option('--cache-tag <tag...>', 'a tag of @cacheTag, or one that a subgraph sent')
    .option('--tenant <name>', 'a tenant: the private answers of its readers')
    .option('--operation <name>', 'an operation, by its name')
    .option('--prompt <name>', 'a prompt: the answers of its AI fields');
  return withGateway(command, 'admin:write').action(invalidate);
}

async function invalidate(options: InvalidateOptions): Promise<void> {
  const requests = requestsOf(options);
  if (typeof requests === 'string') return fail('COMMAND_LINE', requests);
  await askAdmin(options, { path: '/admin/invalidate', body: requests });
  printResult(options, { invalidated: requests }, () => `invalidated: ${requests.map(describe).join(', ')}`);
}

type InvalidationRequest = Readonly<Record<string, unknown>>;

/** @returns what is wrong with the options, as a text */
function requestsOf(options: InvalidateOptions): readonly InvalidationRequest[] | string {
  const { subgraph, type, entity, field = [], cacheTag = [], tenant, operation, prompt } = options;
  if (type !== undefined && subgraph === undefined) return '--type needs the --subgraph that has it';
  if ((entity === undefined) !== (field.length === 0))
    return '--entity and --field belong together: --entity Product --field id=p1';
  const key = keyOf(field);
  if (key === undefined) return 'write --field as name=value';
  const ofSubgraph = cacheTag.length > 0 ? [] : [{ kind: 'subgraph', subgraph }];
  const requests = [
    ...(type === undefined ? ofSubgraph : [{ kind: 'type', subgraph, type }]),
    ...(entity === undefined ? [] : [{ kind: 'entity', type: entity, key }]),
    ...cacheTag.map((tag) => ({
      kind: 'cache_tag',
      cache_tag: tag,
      subgraphs: subgraph === undefined ? undefined : [subgraph],
    })),
    ...(tenant === undefined ? [] : [{ kind: 'tenant', tenant }]),
    ...(operation === undefined ? [] : [{ kind: 'operation', operation }]),
    ...(prompt === undefined ? [] : [{ kind: 'prompt', prompt }]),
  ].filter((request) => !('subgraph' in request) || request.subgraph !== undefined);
  return requests.length === 0
    ? 'name one of --subgraph, --entity, --cache-tag, --tenant, --operation and --prompt'
    : requests;
}

/** @returns undefined for a field without a value */
function keyOf(fields: readonly string[]): InvalidationRequest | undefined {
  const key: Record<string, unknown> = Object.create(null);
  for (const text of fields) {
    const [, path = '', value = ''] = /^([\w.]+)=(.*)$/s.exec(text) ?? [];
    const steps = path.split('.');
    const last = steps.pop();
    if (last === undefined || last === '') return undefined;
    let object = key;
    for (const step of steps) {
      object[step] ??= Object.create(null);
      object = object[step] as Record<string, unknown>;
    }
    object[last] = value;
  }
  return key;
}

function describe(request: InvalidationRequest): string {
  const texts = Object.values(request).flatMap((value) => {
    if (value === undefined) return [];
    return Array.isArray(value)
      ? `of ${value.join(' ')}`
      : [typeof value === 'object' ? JSON.stringify(value) : String(value)];
  });
  return texts.join(' ');
}
