/** `isthmus subgraph`: one subgraph, from its schema to what is published of it. */
import type { Command } from 'commander';
import { commandGroup } from '../frame/cli-command.ts';
import { introspectCommand } from './introspect.ts';

export function subgraphCommand(): Command {
  return commandGroup('subgraph', 'One subgraph of a graph.', [introspectCommand()]);
}
