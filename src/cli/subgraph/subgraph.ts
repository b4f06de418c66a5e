/** `isthmus subgraph`: one subgraph, from its schema to what is published of it. */
import type { Command } from 'commander';
import { commandGroup } from '../frame/cli-command.ts';
import { approveCommand, checkCommand } from './check.ts';
import { checksCommand } from './checks.ts';
import { deleteCommand } from './delete.ts';
import { introspectCommand } from './introspect.ts';
import { lintCommand } from './lint.ts';
import { fetchCommand, listCommand } from './list.ts';
import { publishCommand } from './publish.ts';
import { rollbackCommand } from './rollback.ts';

export function subgraphCommand(): Command {
  return commandGroup('subgraph', 'One subgraph of a graph.', [
    checkCommand(),
    approveCommand(),
    publishCommand(),
    listCommand(),
    fetchCommand(),
    rollbackCommand(),
    deleteCommand(),
    introspectCommand(),
    checksCommand(),
    lintCommand(),
  ]);
}
