/** The result of a command on stdout: as JSON and nothing else, or as text for a reader. */
export function printResult({ json }: { readonly json?: boolean }, value: unknown, text: () => string): void {
  const output = json === true ? JSON.stringify(value, null, 2) : text();
  process.stdout.write(output === '' || output.endsWith('\n') ? output : `${output}\n`);
}

/** What the command was to find is there: a failed check or test, a stale file. Its result has been printed. */
export function reportFinding(): void {
  process.exitCode = 1;
}
