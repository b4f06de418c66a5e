/** `isthmus keys`: the API keys of callers, in the store of a configuration, whether or not a gateway runs. */
import { userInfo } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { type ApiKey, ApiKeyError, ApiKeys, type CreatedApiKey } from '../access/index.ts';
import { parseDuration, type ResolvedConfig } from '../config/index.ts';
import { fail } from './fail.ts';
import { printable } from './printable.ts';
import { withStore } from './with-store.ts';

interface CommonOptions {
  readonly config: string;
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
  return new Command('keys')
    .description('The API keys that callers identify themselves with.')
    .addCommand(createCommand())
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(revokeCommand());
}

function command(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .option('--json', 'write JSON', false);
}

function createCommand(): Command {
  return command('create', 'Create a key, and print it: it is shown this once.')
    .requiredOption('--name <name>', 'who or what it is for')
    .option('--scopes <list>', 'its scopes, with commas between them', readList, [])
    .option('--roles <list>', 'its roles', readList, [])
    .option('--tenant <name>', 'its tenant', 'public')
    .option('--models <list>', 'the models that it may call on /v1; default: all', readList)
    .option('--expires <duration>', 'how long it is valid, such as 90d; default: for ever', readDuration)
    .action((options: CreateOptions) =>
      changeKeys(options, async (keys, { access }) => {
        const { name, tenant, scopes, roles, models, expires } = options;
        const expiresAt = expires === undefined ? undefined : Date.now() + expires;
        printCreated(await keys.create({ name, tenant, scopes, roles, models, expiresAt }), options);
        if (!access.apiKeys)
          process.stderr.write('Callers cannot use it yet: write `api_keys: true` under `access`.\n');
      }),
    );
}

function listCommand(): Command {
  return command('list', 'List the keys, without what is secret of them.').action((options: CommonOptions) =>
    changeKeys(options, async (keys) => {
      const listed = await keys.list();
      if (options.json) print(JSON.stringify(listed.map(toJson), null, 2));
      else if (listed.length === 0) print('there are no keys; `isthmus keys create --name …` makes one');
      else for (const key of listed) print(describe(key));
    }),
  );
}

function rotateCommand(): Command {
  return command('rotate', 'Replace a key by another of the same rights, and print that one.')
    .argument('<id>', 'the 8 characters after ist_')
    .option('--overlap <duration>', 'how long the previous key stays valid', readOverlap, readOverlap('1h'))
    .action((id: string, options: RotateOptions) =>
      changeKeys(options, async (keys) => printCreated(await keys.rotate(idOf(id), options.overlap), options)),
    );
}

function revokeCommand(): Command {
  return command('revoke', 'End a key, in every running gateway within 2 seconds.')
    .argument('<id>', 'the 8 characters after ist_')
    .action((id: string, options: CommonOptions) =>
      changeKeys(options, async (keys) => {
        const revoked = await keys.revoke(idOf(id));
        print(options.json ? JSON.stringify(toJson(revoked), null, 2) : `${revoked.id} is revoked`);
      }),
    );
}

/** Exits 1 where the change cannot be made. */
async function changeKeys(
  { config }: CommonOptions,
  run: (keys: ApiKeys, config: ResolvedConfig) => Promise<void>,
): Promise<void> {
  try {
    await withStore(config, (store, loaded) => run(new ApiKeys(store, `cli:${userInfo().username}`), loaded));
  } catch (error) {
    if (!(error instanceof ApiKeyError)) throw error;
    fail(error.message);
  }
}

function printCreated({ key, ...created }: CreatedApiKey, { json }: CommonOptions): void {
  if (json) {
    print(JSON.stringify({ key, ...toJson(created) }, null, 2));
    return;
  }
  // Alone on stdout, so that it can be piped into a secret store.
  process.stderr.write(`${describe(created)}\nThe key, which is not shown again:\n`);
  print(key);
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

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

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
