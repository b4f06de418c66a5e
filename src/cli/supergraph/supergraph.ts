/** `isthmus supergraph`: a whole graph, as its registry has it. */
import type { Command } from 'commander';
import { commandGroup } from '../frame/cli-command.ts';
import { diffCommand } from './diff.ts';
import { fetchCommand } from './fetch.ts';
import { historyCommand } from './history.ts';
import { labelCommand } from './label.ts';
import { promoteCommand } from './promote.ts';
import { publishCommand } from './publish.ts';
import { rollbackCommand } from './rollback.ts';

export function supergraphCommand(): Command {
  return commandGroup('supergraph', 'A graph with all its subgraphs, as it is published.', [
    fetchCommand(),
    publishCommand(),
    historyCommand(),
    diffCommand(),
    rollbackCommand(),
    promoteCommand(),
    labelCommand(),
  ]);
}
