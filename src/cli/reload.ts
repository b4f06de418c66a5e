import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { fail } from './fail.ts';
import { findGateways, type RunningGateway, rereadGateway } from './running-gateways.ts';

interface ReloadOptions {
  readonly config: string;
}

/** Composition alone may take two minutes. */
const timeoutMs = 180_000;
const pollIntervalMs = 50;

/** `isthmus reload`: makes the gateways that serve a configuration reload it; exits 1 if one refuses the change. */
export function reloadCommand(): Command {
  return new Command('reload')
    .description('Make the running gateway reload its configuration, schemas and prompts, as SIGHUP does.')
    .option('--config <file>', 'the configuration file it serves', 'supergraph.yaml')
    .action(reload);
}

async function reload({ config }: ReloadOptions): Promise<void> {
  const gateways = await findGateways(config);
  if (gateways.length === 0) {
    return fail(
      `no gateway that serves ${config} is running on this machine: start one with \`isthmus serve\`. ` +
        'Reload a gateway in a container, or one that cannot write beside its configuration, with `kill -HUP <pid>`.',
    );
  }
  await Promise.all(gateways.map(reloadGateway));
}

async function reloadGateway(gateway: RunningGateway): Promise<void> {
  const name = `${gateway.url} (process ${gateway.pid})`;
  process.kill(gateway.pid, 'SIGHUP');
  const endsAt = performance.now() + timeoutMs;
  while (performance.now() < endsAt) {
    const now = await rereadGateway(gateway);
    if (now === undefined) return fail(`${name} has ended`);
    if (now.reloads > gateway.reloads) return printOutcome(name, now);
    await wait(pollIntervalMs);
  }
  fail(`${name} did not report the outcome within ${timeoutMs / 1_000} s; see its log`);
}

function printOutcome(name: string, { outcome, generation }: RunningGateway): void {
  if (outcome?.kind === 'swapped') process.stdout.write(`${name} now serves generation ${generation}\n`);
  else if (outcome?.kind === 'unchanged') process.stdout.write(`${name}: nothing has changed\n`);
  else if (outcome?.kind !== 'refused') fail(`${name} is stopping`);
  else fail(`${name} refused the change and keeps serving the previous generation:\n${outcome.error ?? ''}`);
}
