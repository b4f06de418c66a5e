/** Runs a command line of `isthmus` in this process, which has everything loaded. */
import { vi } from 'vitest';
import { runCommandLine } from '../../../src/cli/run.ts';

export interface CommandResult {
  readonly out: string;
  readonly errors: string;
  readonly code: number;
}

export async function runCommand(...words: readonly string[]): Promise<CommandResult> {
  const [out, errors] = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation(() => true),
  );
  const textOf = (spy: typeof out): string => (spy?.mock.calls ?? []).map(([chunk]) => String(chunk)).join('');
  try {
    const code = await runCommandLine(words);
    return { out: textOf(out), errors: textOf(errors), code };
  } finally {
    process.exitCode = undefined;
    for (const spy of [out, errors]) spy?.mockRestore();
  }
}
