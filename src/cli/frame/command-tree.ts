/** Where a command stands among the others. */
import type { Command } from 'commander';

/** All commands below a command, at any depth. */
export function commandsWithin(command: Command): readonly Command[] {
  return command.commands.flatMap((inner) => [inner, ...commandsWithin(inner)]);
}

/** The names from the program on, such as `isthmus keys create`. */
export function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

export function programOf(command: Command): Command {
  return command.parent === null ? command : programOf(command.parent);
}
