/** The program `isthmus`: its commands, one file each, and what they have in common. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { commandList, type ListedCommand } from './command-list.ts';
import { withExamples } from './frame/cli-command.ts';
import { commandsWithin, pathOf, programOf } from './frame/command-tree.ts';

// The package's own, beside src/ and beside dist/.
const packageFile = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string };

/**
 * @param words a command line: of the commands that it does not name, there are only name and description. @default all are
 * whole
 */
export async function createProgram(words?: readonly string[]): Promise<Command> {
  const program = withExamples(new Command('isthmus'), [
    'isthmus serve',
    'isthmus compose --check',
    'isthmus help keys',
  ])
    .description('A GraphQL federation gateway whose AI fields are real fields of the graph.')
    .version(version, '-V, --version', 'print the version')
    // What follows the name of a command is that command's: `log` and `log hours` have options of the same names.
    .enablePositionalOptions();
  const isWhole = wholeCommands(words);
  const commands = commandList.map(({ name, description, load }) =>
    isWhole(name) ? load() : new Command(name).description(description),
  );
  for (const command of await Promise.all(commands)) program.addCommand(command);
  for (const command of [program, ...commandsWithin(program)]) prepare(command);
  return program;
}

/** Which commands a command line needs whole. */
function wholeCommands(words: readonly string[] | undefined): (name: ListedCommand['name']) => boolean {
  const [first, second] = words?.filter((word) => !word.startsWith('-')) ?? [];
  // A script that completes command lines knows all of them.
  if (words === undefined || first === 'completion') return () => true;
  const target = first === 'help' ? second : first;
  return (name) => name === target;
}

function prepare(command: Command): void {
  const isProgram = command.parent === null;
  command
    .exitOverride()
    .helpOption('-h, --help', 'print this')
    .configureHelp({
      styleTitle: (title) => `\u001b[1m${title}\u001b[22m`,
      ...(isProgram ? { subcommandTerm: nameOf } : {}),
    });
  if (command.commands.length > 0) command.helpCommand('help [command]', 'print the help of a command');
  if (!isProgram) command.showHelpAfterError(`(\`${pathOf(command)} --help\` lists what there is)`);
  const noColour = new Option('--no-color', 'no colours; so do NO_COLOR and whatever is no terminal');
  command.addOption(isProgram ? noColour : noColour.hideHelp());
  preferTypo(command);
  // Whether a switch is off without being named needs no word.
  for (const option of command.options) if (option.defaultValue === false) option.defaultValue = undefined;
}

/** In the list of commands: what options and arguments one has is in its own help. */
const nameOf = (command: Command): string => command.name();

/** Of a mistyped option, commander says that the one which was meant is missing: it looks for missing ones first. */
function preferTypo(command: Command): void {
  const checks = command as unknown as {
    missingMandatoryOptionValue(option: Option): void;
    unknownOption(flag: string): void;
  };
  const missing = checks.missingMandatoryOptionValue.bind(command);
  checks.missingMandatoryOptionValue = (option) => {
    const flags = command.options.map(({ long }) => long);
    const typo = (programOf(command) as unknown as { readonly rawArgs: readonly string[] }).rawArgs.find(
      (word) => /^--[a-z-]+$/.test(word) && !flags.includes(word),
    );
    if (typo === undefined) missing(option);
    else checks.unknownOption(typo);
  };
}
