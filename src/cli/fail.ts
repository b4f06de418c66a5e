/**
 * Prints why a command fails and sets the exit code of the process.
 *
 * @param exitCode 2 for a wrong command line
 */
export function fail(message: string, exitCode = 1): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
