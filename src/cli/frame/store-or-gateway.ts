/** Commands whose work a running gateway does with `--gateway`, and which open the store of a configuration themselves without. */
import type { Command } from 'commander';
import { type AdminAddress, withGateway } from './ask-admin.ts';

export interface StoreOptions {
  readonly config: string;
  readonly gateway?: string;
  readonly key?: string;
}

/** The options of `StoreOptions`. */
export function withStoreOrGateway(
  command: Command,
  scope: 'admin:read' | 'admin:write' | 'registry:publish',
): Command {
  return withGateway(command, scope, 'the store of the configuration').option(
    '--config <file>',
    'the configuration file',
    'supergraph.yaml',
  );
}

/** @returns undefined where the store of the configuration is meant */
export function addressOf({ gateway, key }: StoreOptions): AdminAddress | undefined {
  if (gateway === undefined) return undefined;
  return key === undefined ? { gateway } : { gateway, key };
}
