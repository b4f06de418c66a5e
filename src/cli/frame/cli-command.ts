/**
 * What every command of `isthmus` has: a sentence that says what it does, examples in its help, and `--json`. A test holds
 * all of them to it.
 */
import { Command, Option } from 'commander';

export interface CommandPage {
  /** One sentence. */
  readonly description: string;
  /** Command lines as they are typed; ` # ` begins what is said of one. */
  readonly examples: readonly string[];
  /** Why no running gateway does it: of a command that has no `--gateway`. */
  readonly local?: string;
  /** What `--json` is where it is not simply `write JSON`; the option is then undefined unless it is on the command line. */
  readonly json?: string;
}

const examples = new WeakMap<Command, readonly string[]>();
const localities = new WeakMap<Command, string>();

export function cliCommand(name: string, page: CommandPage): Command {
  const json = new Option('--json', page.json ?? 'write JSON');
  const command = new Command(name).description(page.description);
  command.addOption(page.json === undefined ? json.default(false) : json);
  if (page.local !== undefined) {
    const why = `There is no --gateway: ${page.local}.`;
    localities.set(command, why);
    command.addHelpText('after', `\n${why}`);
  }
  return withExamples(command, page.examples);
}

/** Why a command has no `--gateway`, as its help says it; undefined: it has one. */
export function localityOf(command: Command): string | undefined {
  return localities.get(command);
}

/** Commands of one subject: its help has the first example of each. */
export function commandGroup(name: string, description: string, commands: readonly Command[]): Command {
  const group = new Command(name).description(description);
  for (const command of commands) group.addCommand(command);
  return withExamples(
    group,
    commands.flatMap((command) => examplesOf(command).slice(0, 1)),
  );
}

export function examplesOf(command: Command): readonly string[] {
  return examples.get(command) ?? [];
}

/** Adds examples to a command's help. */
export function withExamples(command: Command, lines: readonly string[]): Command {
  examples.set(command, lines);
  return command.addHelpText('after', () => `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}
