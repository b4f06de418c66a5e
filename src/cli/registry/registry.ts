/** `isthmus registry`: a registry as a process of its own, for many gateways; and the key that they know it by. */
import type { Command } from 'commander';
import { signingKeyOf } from '../../registry/follow/index.ts';
import { cliCommand, commandGroup } from '../frame/cli-command.ts';
import { printResult } from '../frame/print-result.ts';
import { readPort } from '../options/read-port.ts';
import { withStore } from '../with-store.ts';
import { serveRegistry } from './serve-registry.ts';

interface KeyOptions {
  readonly config: string;
  readonly json: boolean;
}

export function registryCommand(): Command {
  return commandGroup('registry', 'The registry of a store, for many gateways.', [serveCommand(), keyCommand()]);
}

function serveCommand(): Command {
  return cliCommand('serve', {
    description: 'Serve the registry alone, on the admin listener: gateways follow it with `registry.url`.',
    local: 'it is the registry itself',
    examples: ['isthmus registry serve --config registry.yaml', 'isthmus registry serve --port 4500'],
  })
    .option(
      '--config <file>',
      'the configuration file: `store`, `admin`, and what candidates are checked with',
      'supergraph.yaml',
    )
    .option('--port <number>', 'instead of admin.port; 0 takes a free one', readPort)
    .action(serveRegistry);
}

function keyCommand(): Command {
  return cliCommand('key', {
    description: 'Print what gateways verify generations with: `registry.public_key` of their configuration.',
    local: 'what a registry is verified with is not asked of it over the network',
    examples: ['isthmus registry key --config registry.yaml'],
  })
    .option('--config <file>', 'the configuration file', 'supergraph.yaml')
    .action(async (options: KeyOptions) => {
      await withStore(options.config, async (store) => {
        const { publicKey } = signingKeyOf(store);
        printResult(options, { publicKey }, () => publicKey);
      });
    });
}
