/**
 * What a command that could not run leaves behind: exit code 2, and why; 1 where a change was refused. With `--json` that is one line on stdout,
 * `{"error":{"code":…,"message":…}}`; otherwise text on stderr, without a stack where an operator can fix it.
 */
import { CommanderError } from 'commander';
import { messageOf } from '../../errors/index.ts';
import { fileFailure } from '../file-failure.ts';
import { CliFailure } from './cli-failure.ts';
import { paint } from './paint.ts';

export interface FailureOutput {
  readonly json: boolean;
  /** Whether stdout is a log of JSON lines: that of a gateway without a terminal. */
  readonly logsJson: boolean;
}

/** @returns the exit code of the process */
export async function reportFailure(error: unknown, { json, logsJson }: FailureOutput): Promise<number> {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const failure = await failureOf(error);
  const { code, message, fields } = failure;
  if (json) process.stdout.write(`${JSON.stringify({ error: { code, message, ...fields } })}\n`);
  // Commander has written its own.
  else if (error instanceof CommanderError) return 2;
  else if (logsJson && code === 'COMPOSITION') await logRefusedStart(failure);
  else process.stderr.write(`${code === 'UNEXPECTED' ? stackOf(error) : painted(message)}\n`);
  return failure.exitCode;
}

/** The first line stands out, in a terminal. */
function painted(message: string): string {
  const [first = '', ...more] = message.split('\n');
  return [paint('red', first, process.stderr), ...more].join('\n');
}

async function failureOf(error: unknown): Promise<CliFailure> {
  if (error instanceof CliFailure) return error;
  if (error instanceof CommanderError) return new CliFailure('COMMAND_LINE', commandLineMessage(error));
  // Whatever throws these has loaded them; a wrong command line does not wait for them.
  const { ConfigError } = await import('../../config/index.ts');
  const { CompositionError, problemFields } = await import('../../supergraph/index.ts');
  if (error instanceof ConfigError) return new CliFailure('CONFIGURATION', error.message, { problems: error.problems });
  if (error instanceof CompositionError)
    return new CliFailure('COMPOSITION', error.message, { problems: problemFields(error.problems) });
  const { code, syscall, path, message } = error as NodeJS.ErrnoException;
  if (code !== undefined && Object.hasOwn(listenAdvice, code) && syscall !== 'open') {
    const advice = listenAdvice[code as keyof typeof listenAdvice];
    return new CliFailure('LISTEN', `cannot listen: ${message}\n${advice}`, { advice });
  }
  if (syscall !== undefined)
    return new CliFailure('FILE', path === undefined ? message : `${path}: ${fileFailure(error)}`);
  return new CliFailure('UNEXPECTED', messageOf(error));
}

function commandLineMessage({ code, message }: CommanderError): string {
  return code === 'commander.help' ? 'a command is missing; --help lists them' : message.replace(/^error: /, '');
}

const listenAdvice = {
  EADDRINUSE: 'The port is in use: stop the other process, or choose another port with --port or server.port.',
  EACCES: 'This user may not listen on that port: choose a port from 1024 up with --port or server.port.',
  ENOTSUP: 'Threads cannot share a port on this system: set server.workers to 1.',
  EADDRNOTAVAIL: 'This machine has no such address: correct --host or server.host.',
} as const;

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** A composition that was refused, as one line of the JSON log: its problems are fields, as those of a refused reload. */
async function logRefusedStart({ message, fields: { problems } }: CliFailure): Promise<void> {
  const { createLogger } = await import('../../observability/index.ts');
  const log = createLogger({ level: 'error', readable: false });
  log.error({ problems }, `the start was refused\n${message}`);
}
