import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import { unreachable } from '../../lib/index.ts';
import { type AdminAddress, askAdminGraph, withGateway } from '../frame/ask-admin.ts';
import { cliCommand } from '../frame/cli-command.ts';
import { fail } from '../frame/cli-failure.ts';
import { printResult, reportFinding } from '../frame/print-result.ts';
import { addressOf, type StoreOptions } from '../frame/store-or-gateway.ts';
import { withProgress } from '../frame/with-progress.ts';
import { findGateways, type RunningGateway, rereadGateway } from './running-gateways.ts';

interface ReloadOptions extends StoreOptions {
  readonly json: boolean;
}

/** Composition alone may take two minutes. */
const timeoutMs = 180_000;
const pollIntervalMs = 50;

/** `isthmus reload`: makes the gateways that serve a configuration reload it; exits 1 if one refuses the change. */
export function reloadCommand(): Command {
  const command = cliCommand('reload', {
    description: 'Make the running gateway reload its configuration, schemas and prompts, as SIGHUP does.',
    examples: [
      'isthmus reload',
      'isthmus reload --config production.yaml --json',
      'isthmus reload --gateway https://shop.example:4400 # on another machine, or in a container',
    ],
  });
  return withGateway(command, 'admin:write', 'those of this machine that serve the configuration')
    .option('--config <file>', 'the configuration file it serves', 'supergraph.yaml')
    .action(reload);
}

async function reload({ json, ...options }: ReloadOptions): Promise<void> {
  const address = addressOf(options);
  const outcomes = await withProgress('reloading', async () =>
    address === undefined ? reloadHere(options.config) : [await reloadRemote(address)],
  );
  printResult({ json }, outcomes, () => outcomes.flatMap((each) => (isDone(each) ? [textOf(each)] : [])).join('\n'));
  const undone = outcomes.filter((each) => !isDone(each));
  for (const each of json ? [] : undone) process.stderr.write(`${textOf(each)}\n`);
  if (undone.length > 0) reportFinding();
}

async function reloadHere(config: string): Promise<readonly Outcome[]> {
  const gateways = await findGateways(config);
  if (gateways.length === 0) {
    return fail(
      'GATEWAY_UNREACHABLE',
      `no gateway that serves ${config} is running on this machine: start one with \`isthmus serve\`. ` +
        'Reload a gateway in a container, or one that cannot write beside its configuration, with `--gateway`, or `kill -HUP <pid>`.',
    );
  }
  return Promise.all(gateways.map(reloadGateway));
}

async function reloadRemote(address: AdminAddress): Promise<Outcome> {
  const answer = await askAdminGraph(
    address,
    'mutation Reload { reload { outcome generation problem } }',
    {},
    { timeoutMs },
  );
  const { outcome, generation, problem } = answer.reload as {
    readonly outcome: string;
    readonly generation: string | null;
    readonly problem: string | null;
  };
  return {
    url: address.gateway,
    outcome: outcome.toLowerCase() as Outcome['outcome'],
    generation: generation ?? '-',
    ...(problem === null ? {} : { problem }),
  };
}

interface Outcome {
  readonly url: string;
  /** Undefined: it is another machine's. */
  readonly pid?: number;
  /** `silent`: it did not report an outcome in time. */
  readonly outcome: 'swapped' | 'unchanged' | 'refused' | 'stopped' | 'silent';
  /** Of what it serves now. */
  readonly generation: string;
  /** Why it was refused. */
  readonly problem?: string;
}

async function reloadGateway(gateway: RunningGateway): Promise<Outcome> {
  const { url, pid } = gateway;
  process.kill(pid, 'SIGHUP');
  const endsAt = performance.now() + timeoutMs;
  while (performance.now() < endsAt) {
    const now = await rereadGateway(gateway);
    const generation = now?.generation ?? '-';
    if (now === undefined) return { url, pid, outcome: 'stopped', generation };
    if (now.reloads > gateway.reloads) {
      const { kind = 'stopped', error } = now.outcome ?? {};
      return { url, pid, outcome: kind, generation, ...(error === undefined ? {} : { problem: error }) };
    }
    await wait(pollIntervalMs);
  }
  return { url, pid, outcome: 'silent', generation: gateway.generation };
}

const isDone = ({ outcome }: Outcome): boolean => outcome === 'swapped' || outcome === 'unchanged';

function textOf({ url, pid, outcome, generation, problem = '' }: Outcome): string {
  const name = pid === undefined ? url : `${url} (process ${pid})`;
  switch (outcome) {
    case 'swapped':
      return `${name} now serves generation ${generation}`;
    case 'unchanged':
      return `${name}: nothing has changed`;
    case 'refused':
      return `${name} refused the change and keeps serving the previous generation:\n${problem}`;
    case 'stopped':
      return `${name} has ended`;
    case 'silent':
      return `${name} did not report the outcome within ${timeoutMs / 1_000} s; see its log`;
    default:
      return unreachable(outcome);
  }
}
