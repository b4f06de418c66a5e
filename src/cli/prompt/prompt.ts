/** `isthmus prompt`: the prompts of AI fields, from their tests to what is published of them. */
import type { Command } from 'commander';
import { commandGroup } from '../frame/cli-command.ts';
import { labelCommand } from './label.ts';
import { listCommand } from './list.ts';
import { publishCommand } from './publish.ts';
import { testCommand } from './test.ts';

export function promptCommand(): Command {
  return commandGroup('prompt', 'The prompts of AI fields.', [
    testCommand(),
    listCommand(),
    publishCommand(),
    labelCommand(),
  ]);
}
