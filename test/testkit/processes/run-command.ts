/** Runs a command of `isthmus` in this process, which has everything loaded. */
import { type Command, CommanderError } from 'commander';
import { vi } from 'vitest';

export interface CommandResult {
  readonly out: string;
  readonly errors: string;
  readonly code: number;
}

export async function runCommand(command: Command, args: readonly string[]): Promise<CommandResult> {
  const [out, errors] = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(() => true),
  );
  for (const each of [command, ...command.commands]) each.exitOverride();
  const textOf = (spy: typeof out): string => (spy?.mock.calls ?? []).map(([chunk]) => String(chunk)).join('');
  const result = (code: number): CommandResult => ({ out: textOf(out), errors: textOf(errors), code });
  try {
    await command.parseAsync([...args], { from: 'user' });
    return result(Number(process.exitCode ?? 0));
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return result(2);
  } finally {
    process.exitCode = undefined;
    for (const spy of [out, errors]) spy?.mockRestore();
  }
}
