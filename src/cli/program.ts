/** The commands of `isthmus`, one file each, and what they have in common. */
import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { accessCommand } from './access/access.ts';
import { aiCommand } from './ai.ts';
import { auditCommand } from './audit.ts';
import { backupCommand, restoreCommand } from './backup.ts';
import { bundleCommand } from './bundle/bundle.ts';
import { cacheCommand } from './cache/cache.ts';
import { completionCommand } from './completion/completion.ts';
import { composeCommand } from './compose.ts';
import { configCommand } from './config-schema.ts';
import { doctorCommand } from './doctor/doctor.ts';
import { explainCommand } from './explain/explain.ts';
import { withExamples } from './frame/cli-command.ts';
import { commandsWithin, pathOf, programOf } from './frame/command-tree.ts';
import { initCommand } from './init/init.ts';
import { keysCommand } from './keys/keys.ts';
import { logCommand } from './log/log.ts';
import { budgetsCommand } from './money/budgets.ts';
import { costsCommand } from './money/costs.ts';
import { limitsCommand } from './money/limits.ts';
import { priceCommand } from './money/price.ts';
import { operationsCommand } from './operations/operations.ts';
import { eraseCommand } from './people/erase.ts';
import { exportCommand } from './people/export.ts';
import { promptCommand } from './prompt/prompt.ts';
import { registryCommand } from './registry/registry.ts';
import { replayCommand } from './replay/replay.ts';
import { devCommand } from './serve/dev.ts';
import { reloadCommand } from './serve/reload.ts';
import { serveCommand } from './serve/serve.ts';
import { storeCommand } from './store.ts';
import { subgraphCommand } from './subgraph/subgraph.ts';
import { supergraphCommand } from './supergraph/supergraph.ts';
import { typesCommand } from './types.ts';
import { usageCommand } from './usage/usage.ts';

// The package's own, beside src/ and beside dist/.
const packageFile = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string };

export function createProgram(): Command {
  const program = withExamples(new Command('isthmus'), [
    'isthmus serve',
    'isthmus compose --check',
    'isthmus help keys',
  ])
    .description('A GraphQL federation gateway whose AI fields are real fields of the graph.')
    .version(version, '-V, --version', 'print the version')
    // What follows the name of a command is that command's: `log` and `log hours` have options of the same names.
    .enablePositionalOptions()
    .addCommand(initCommand())
    .addCommand(devCommand())
    .addCommand(doctorCommand())
    .addCommand(serveCommand())
    .addCommand(reloadCommand())
    .addCommand(composeCommand())
    .addCommand(operationsCommand())
    .addCommand(subgraphCommand())
    .addCommand(supergraphCommand())
    .addCommand(registryCommand())
    .addCommand(bundleCommand())
    .addCommand(typesCommand())
    .addCommand(aiCommand())
    .addCommand(cacheCommand())
    .addCommand(promptCommand())
    .addCommand(priceCommand())
    .addCommand(explainCommand())
    .addCommand(limitsCommand())
    .addCommand(accessCommand())
    .addCommand(keysCommand())
    .addCommand(auditCommand())
    .addCommand(storeCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(costsCommand())
    .addCommand(logCommand())
    .addCommand(usageCommand())
    .addCommand(budgetsCommand())
    .addCommand(replayCommand())
    .addCommand(exportCommand())
    .addCommand(eraseCommand())
    .addCommand(configCommand())
    .addCommand(completionCommand());
  for (const command of [program, ...commandsWithin(program)]) prepare(command);
  return program;
}

function prepare(command: Command): void {
  command
    .exitOverride()
    .helpOption('-h, --help', 'print this')
    .configureHelp({ styleTitle: (title) => `\u001b[1m${title}\u001b[22m` });
  if (command.commands.length > 0) command.helpCommand('help [command]', 'print the help of a command');
  if (command.parent !== null) command.showHelpAfterError(`(\`${pathOf(command)} --help\` lists what there is)`);
  const noColour = new Option('--no-color', 'no colours; so do NO_COLOR and whatever is no terminal');
  command.addOption(command.parent === null ? noColour : noColour.hideHelp());
  preferTypo(command);
  // Whether a switch is off without being named needs no word.
  for (const option of command.options) if (option.defaultValue === false) option.defaultValue = undefined;
}

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
