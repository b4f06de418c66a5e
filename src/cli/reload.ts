import { setTimeout as wait } from 'node:timers/promises';
import { Command } from 'commander';
import { fail } from './fail.ts';
import { findGateways, type RunningGateway, readGatewayAgain } from './running-gateways.ts';

interface ReloadOptions {
  readonly config: string;
}

/** Composing alone may take two minutes. */
const timeoutMs = 180_000;
const lookEveryMs = 50;

/** `isthmus reload`: has the gateways that serve a configuration read everything again; exits 1 where one refuses. */
export function reloadCommand(): Command {
  return new Command('reload')
    .description('Have the running gateway read its configuration, schemas and prompts again, as SIGHUP does.')
    .option('--config <file>', 'the configuration file it serves', 'supergraph.yaml')
    .action(reload);
}

async function reload({ config }: ReloadOptions): Promise<void> {
  const gateways = await findGateways(config);
  if (gateways.length === 0) {
    return fail(
      `no gateway that serves ${config} is known on this machine: start one with \`isthmus serve\`. ` +
        'One in a container, or that cannot write beside its configuration, is told by `kill -HUP <pid>`.',
    );
  }
  await Promise.all(gateways.map(tell));
}

async function tell(gateway: RunningGateway): Promise<void> {
  const who = `${gateway.url} (process ${gateway.pid})`;
  process.kill(gateway.pid, 'SIGHUP');
  const endsAt = performance.now() + timeoutMs;
  while (performance.now() < endsAt) {
    const now = await readGatewayAgain(gateway);
    if (now === undefined) return fail(`${who} has ended`);
    if (now.reloads > gateway.reloads) return say(who, now);
    await wait(lookEveryMs);
  }
  fail(`${who} has not said within ${timeoutMs / 1_000} s what came of it; its log will`);
}

function say(who: string, { outcome, generation }: RunningGateway): void {
  if (outcome?.kind === 'swapped') process.stdout.write(`${who} serves generation ${generation} now\n`);
  else if (outcome?.kind === 'unchanged') process.stdout.write(`${who}: nothing has changed\n`);
  else if (outcome?.kind !== 'refused') fail(`${who} is stopping`);
  else fail(`${who} refused the change and keeps serving as before:\n${outcome.error ?? ''}`);
}
