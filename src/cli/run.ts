/** The commands of `isthmus`, one file each; this file registers them and maps failures to exit codes. */
import { readFileSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../config/index.ts';
import { createLogger } from '../observability/index.ts';
import { CompositionError, problemFields } from '../supergraph/index.ts';
import { accessCommand } from './access/access.ts';
import { aiCommand } from './ai.ts';
import { auditCommand } from './audit.ts';
import { budgetsCommand } from './budgets.ts';
import { cacheCommand } from './cache/cache.ts';
import { composeCommand } from './compose.ts';
import { configSchemaCommand } from './config-schema.ts';
import { costsCommand } from './costs.ts';
import { keysCommand } from './keys.ts';
import { limitsCommand } from './limits.ts';
import { logCommand } from './log/log.ts';
import { eraseCommand } from './people/erase.ts';
import { exportCommand } from './people/export.ts';
import { priceCommand } from './price.ts';
import { promptCommand } from './prompt.ts';
import { reloadCommand } from './reload.ts';
import { replayCommand } from './replay/replay.ts';
import { serveCommand } from './serve.ts';
import { storeCommand } from './store.ts';
import { typesCommand } from './types.ts';

// The package's own, beside src/ and beside dist/.
const packageFile = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { readonly version: string };

/** Runs the command line. Ends the process itself only where a command failed. */
export async function run(): Promise<void> {
  const program = new Command('isthmus')
    .description('A GraphQL federation gateway whose AI fields are real fields of the graph.')
    .version(version)
    .addCommand(serveCommand())
    .addCommand(reloadCommand())
    .addCommand(composeCommand())
    .addCommand(typesCommand())
    .addCommand(aiCommand())
    .addCommand(cacheCommand())
    .addCommand(promptCommand())
    .addCommand(priceCommand())
    .addCommand(limitsCommand())
    .addCommand(accessCommand())
    .addCommand(keysCommand())
    .addCommand(auditCommand())
    .addCommand(storeCommand())
    .addCommand(costsCommand())
    .addCommand(logCommand())
    .addCommand(budgetsCommand())
    .addCommand(replayCommand())
    .addCommand(exportCommand())
    .addCommand(eraseCommand())
    .addCommand(new Command('config').description('The configuration file.').addCommand(configSchemaCommand()));
  throwInsteadOfExiting(program);
  endQuietlyWithoutReader(() => program.args[0] === 'serve');

  try {
    await program.parseAsync();
  } catch (error) {
    process.exit(exitCodeOf(error, program.args[0] === 'serve' && !isatty(1)));
  }
}

/**
 * `isthmus … | head` closed the pipe: the command ends normally and prints no error. A gateway continues without its
 * log.
 */
function endQuietlyWithoutReader(isServing: () => boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (isServing()) return;
      process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : 1);
    });
  }
}

const listenAdvice = {
  EADDRINUSE: 'The port is in use: stop the other process, or choose another port with --port or server.port.',
  EACCES: 'This user may not listen on that port: choose a port from 1024 up with --port or server.port.',
  ENOTSUP: 'Threads cannot share a port on this system: set server.workers to 1.',
  EADDRNOTAVAIL: 'This machine has no such address: correct --host or server.host.',
} as const;

function isListenCode(code: string): code is keyof typeof listenAdvice {
  return Object.hasOwn(listenAdvice, code);
}

function throwInsteadOfExiting(command: Command): void {
  command.exitOverride();
  for (const inner of command.commands) throwInsteadOfExiting(inner);
}

/** Exit code 2 for a wrong command line, 1 for any other failure; errors that an operator can fix are printed without a stack. */
function exitCodeOf(error: unknown, logsJson: boolean): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (error instanceof ConfigError || error instanceof CompositionError) {
    if (logsJson && error instanceof CompositionError) logRefusedStart(error);
    else process.stderr.write(`${error.message}\n`);
    return 1;
  }
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && isListenCode(code)) {
    process.stderr.write(`cannot listen: ${message}\n${listenAdvice[code]}\n`);
    return 1;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return 1;
}

/** A composition that was refused, as one line of the JSON log: its problems are fields, as those of a refused reload. */
function logRefusedStart({ message, problems }: CompositionError): void {
  const log = createLogger({ level: 'error', readable: false });
  log.error({ problems: problemFields(problems) }, `the start was refused\n${message}`);
}
