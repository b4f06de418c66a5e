/** `isthmus access`: who may read what, from a configuration and its store, whether or not a gateway runs. */
import type { Command } from 'commander';
import { commandGroup } from '../frame/cli-command.ts';
import { canCommand } from './access-can.ts';
import { whoCommand } from './access-who.ts';

export function accessCommand(): Command {
  return commandGroup('access', 'Who may read what of the graph.', [whoCommand(), canCommand()]);
}
