/** `isthmus access`: who may read what, from a configuration and its store, whether or not a gateway runs. */
import { Command } from 'commander';
import { canCommand } from './access-can.ts';
import { whoCommand } from './access-who.ts';

export function accessCommand(): Command {
  return new Command('access')
    .description('Who may read what of the graph.')
    .addCommand(whoCommand())
    .addCommand(canCommand());
}
