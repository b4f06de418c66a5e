/** Runs the command line: the result of a command is on stdout; its exit code is 0, 1 where it has something to report, 2 where it could not run. */
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { commandsWithin } from './frame/command-tree.ts';
import { reportFailure } from './frame/report-failure.ts';
import { createProgram } from './program.ts';

/** Ends the process itself only where a command could not run. */
export async function run(): Promise<void> {
  const words = process.argv.slice(2);
  if (optionsOf(words).includes('--no-color')) {
    process.env.NO_COLOR = '1';
    delete process.env.FORCE_COLOR;
  }
  endQuietlyWithoutReader(() => words.includes('serve'));
  const code = await runCommandLine(words);
  if (code !== 2) return;
  // What has been written reaches a pipe first.
  process.exitCode = code;
  process.stdout.write('', () => process.exit());
}

/** @returns the exit code; a gateway that serves goes on doing so */
export async function runCommandLine(words: readonly string[]): Promise<number> {
  const program = await createProgram(words);
  const json = optionsOf(words).includes('--json');
  if (json) for (const command of [program, ...commandsWithin(program)]) writeNoErrors(command);
  try {
    await program.parseAsync([...words], { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    const logsJson = program.args[0] === 'serve' && !isatty(1);
    return await reportFailure(error, { json, logsJson });
  }
}

/** What may be an option: all before `--`. */
function optionsOf(words: readonly string[]): readonly string[] {
  const end = words.indexOf('--');
  return end === -1 ? words : words.slice(0, end);
}

/** The failure is on stdout. */
function writeNoErrors(command: Command): void {
  command.configureOutput({ writeErr: () => undefined });
}

/**
 * `isthmus … | head` closed the pipe: the command ends normally and prints no error. A gateway continues without its
 * log.
 */
function endQuietlyWithoutReader(isServing: () => boolean): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (isServing()) return;
      process.exit(error.code === 'EPIPE' ? (process.exitCode ?? 0) : 2);
    });
  }
}
