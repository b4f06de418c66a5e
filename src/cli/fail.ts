/**
 * Says why a command fails, and has the process exit so when it ends.
 *
 * @param exitCode 2 for a wrong command line
 */
export function fail(message: string, exitCode = 1): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = exitCode;
}
