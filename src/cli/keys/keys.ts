/** `isthmus keys`: the API keys of callers, in the store of a configuration, whether or not a gateway runs; or those of one that runs. */
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiKey, ApiKeyError, ApiKeys, type CreatedApiKey } from '../../access/index.ts';
import { isAdminScope } from '../../admin/index.ts';
import { parseDuration, type ResolvedConfig } from '../../config/index.ts';
import { type CommandPage, cliCommand, commandGroup } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult } from '../frame/print-result.ts';
import { addressOf, type StoreOptions, withStoreOrGateway } from '../frame/store-or-gateway.ts';
import { printable } from '../printable.ts';
import { withStore } from '../with-store.ts';
import { type KeyChanges, remoteKeys } from './remote-keys.ts';

interface CommonOptions extends StoreOptions {
  readonly json: boolean;
}

interface CreateOptions extends CommonOptions {
  readonly name: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
  readonly roles: readonly string[];
  readonly models?: readonly string[];
  readonly expires?: number;
}

interface RotateOptions extends CommonOptions {
  readonly overlap: number;
}

export function keysCommand(): Command {
  return commandGroup('keys', 'The API keys that callers identify themselves with.', [
    createCommand(),
    listCommand(),
    rotateCommand(),
    revokeCommand(),
  ]);
}

function command(name: string, scope: 'admin:read' | 'admin:write', page: CommandPage): Command {
  return withStoreOrGateway(cliCommand(name, page), scope);
}

function createCommand(): Command {
  return command('create', 'admin:write', {
    description: 'Create a key, and print it: it is shown this once.',
    examples: [
      'isthmus keys create --name shop-web --scopes read:products --expires 90d',
      'isthmus keys create --name operator --scopes admin:read,admin:write',
      'isthmus keys create --name ci --scopes registry:publish --gateway https://shop.example:4400',
    ],
  })
    .requiredOption('--name <name>', 'who or what it is for')
    .option('--scopes <list>', 'its scopes, with commas between them', readList, [])
    .option('--roles <list>', 'its roles', readList, [])
    .option('--tenant <name>', 'its tenant', 'public')
    .option('--models <list>', 'the models that it may call on /v1; default: all', readList)
    .option('--expires <duration>', 'how long it is valid, such as 90d; default: for ever', readDuration)
    .action((options: CreateOptions) =>
      changeKeys(options, async (keys, config) => {
        const { name, tenant, scopes, roles, models, expires } = options;
        const expiresAt = expires === undefined ? undefined : Date.now() + expires;
        printCreated(await keys.create({ name, tenant, scopes, roles, models, expiresAt }), options);
        const isForAdmin = scopes.length > 0 && scopes.every(isAdminScope);
        if (config?.access.apiKeys === false && !isForAdmin)
          process.stderr.write('Callers of the graph cannot use it yet: write `api_keys: true` under `access`.\n');
      }),
    );
}

function listCommand(): Command {
  return command('list', 'admin:read', {
    description: 'List the keys, without what is secret of them.',
    examples: ['isthmus keys list'],
  }).action((options: CommonOptions) =>
    changeKeys(options, async (keys) => {
      const listed = await keys.list();
      printResult(options, listed.map(toJson), () =>
        listed.length === 0
          ? 'there are no keys; `isthmus keys create --name …` makes one'
          : listed.map(describe).join('\n'),
      );
    }),
  );
}

function rotateCommand(): Command {
  return command('rotate', 'admin:write', {
    description: 'Replace a key by another of the same rights, and print that one.',
    examples: ['isthmus keys rotate k3x9q2ab --overlap 1d'],
  })
    .argument('<id>', 'the 8 characters after ist_')
    .addOption(
      new Option('--overlap <duration>', 'how long the previous key stays valid')
        .argParser(readOverlap)
        .default(readOverlap('1h'), '1h'),
    )
    .action((id: string, options: RotateOptions) =>
      changeKeys(options, async (keys) => printCreated(await keys.rotate(idOf(id), options.overlap), options)),
    );
}

function revokeCommand(): Command {
  return command('revoke', 'admin:write', {
    description: 'End a key, in every running gateway within 2 seconds.',
    examples: ['isthmus keys revoke k3x9q2ab'],
  })
    .argument('<id>', 'the 8 characters after ist_')
    .action((id: string, options: CommonOptions) =>
      changeKeys(options, async (keys) => {
        const revoked = await keys.revoke(idOf(id));
        printResult(options, toJson(revoked), () => `${revoked.id} is revoked`);
      }),
    );
}

/** @param run has the configuration where its store is changed */
async function changeKeys(
  options: CommonOptions,
  run: (keys: KeyChanges, config?: ResolvedConfig) => Promise<void>,
): Promise<void> {
  const address = addressOf(options);
  if (address !== undefined) return run(remoteKeys(address));
  try {
    const actor = `cli:${userInfo().username}`;
    await withStore(options.config, (store, config) => run(new ApiKeys(store, actor), config));
  } catch (error) {
    if (!(error instanceof ApiKeyError)) throw error;
    fail('REFUSED', error.message);
  }
}

function printCreated({ key, ...created }: CreatedApiKey, options: CommonOptions): void {
  // The key is alone on stdout, so that it can be piped into a secret store.
  if (!options.json) process.stderr.write(`${describe(created)}\nThe key, which is not shown again:\n`);
  printResult(options, { key, ...toJson(created) }, () => key);
}

function describe({
  id,
  name,
  state,
  tenant,
  scopes,
  roles,
  models,
  expiresAt,
  lastUsedAt,
  replacedBy,
}: ApiKey): string {
  const parts = [
    `${id}  ${state.padEnd(8)}  ${printable(name)}`,
    `tenant ${printable(tenant)}`,
    ...(scopes.length === 0 ? [] : [`scopes ${printable(scopes.join(','))}`]),
    ...(roles.length === 0 ? [] : [`roles ${printable(roles.join(','))}`]),
    ...(models === undefined ? [] : [`models ${printable(models.join(','))}`]),
    ...(expiresAt === undefined ? [] : [`${state === 'expired' ? 'expired' : 'expires'} ${time(expiresAt)}`]),
    ...(replacedBy === undefined ? [] : [`replaced by ${replacedBy}`]),
    lastUsedAt === undefined ? 'never used' : `last used ${time(lastUsedAt)}`,
  ];
  return parts.join('  ');
}

function toJson(key: ApiKey): Readonly<Record<string, unknown>> {
  const { createdAt, expiresAt, lastUsedAt, revokedAt, ...rest } = key;
  const times = Object.entries({ createdAt, expiresAt, lastUsedAt, revokedAt });
  return { ...rest, ...Object.fromEntries(times.map(([name, at]) => [name, at === undefined ? null : time(at)])) };
}

const time = (at: number): string => new Date(at).toISOString();

/** A whole key is understood too: only its id is used. */
function idOf(text: string): string {
  return /^ist_([^_]+)/.exec(text)?.[1] ?? text;
}

function readList(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InvalidArgumentError('Write names with commas between them.');
  return names;
}

function readDuration(text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds === undefined || milliseconds <= 0) throw new InvalidArgumentError('Write a duration such as 90d.');
  return milliseconds;
}

function readOverlap(text: string): number {
  return text === '0' ? 0 : readDuration(text);
}
