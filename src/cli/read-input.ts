/** Files that a command line names: text in UTF-8; `-` is the input. */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { fileFailure } from './file-failure.ts';
import { fail } from './frame/cli-failure.ts';

/** @throws CliFailure FILE where it cannot be read, or is no text */
export async function readInput(file: string): Promise<string> {
  const name = file === '-' ? 'the input' : file;
  const bytes = await (file === '-' ? buffer(process.stdin) : readFile(file)).catch((error: unknown) =>
    fail('FILE', `${name} cannot be read: ${fileFailure(error)}`),
  );
  const problem = textProblem(bytes);
  return problem === undefined ? bytes.toString('utf8').replace(/^\uFEFF/, '') : fail('FILE', `${name} ${problem}`);
}

/** @returns undefined for text in UTF-8 */
function textProblem(bytes: Buffer): string | undefined {
  const isUtf16 = bytes.length > 1 && [0xfeff, 0xfffe].includes(bytes.readUInt16BE(0));
  if (isUtf16) return 'is UTF-16: save it as UTF-8';
  const zero = bytes.indexOf(0);
  if (zero !== -1) return `is no text: its line ${lineOf(bytes, zero)} has a NUL byte`;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return undefined;
  } catch {
    return 'is not UTF-8: save it as UTF-8';
  }
}

function lineOf(bytes: Buffer, offset: number): number {
  return bytes.subarray(0, offset).toString('latin1').split('\n').length;
}
