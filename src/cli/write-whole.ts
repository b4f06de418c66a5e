import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileFailure } from './file-failure.ts';
import { fail } from './frame/cli-failure.ts';

/**
 * Writes a file atomically: a killed process leaves the old file or the new one.
 * @throws CliFailure FILE
 */
export async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(temporary, text, { flush: true });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    fail('FILE', `${file} cannot be written: ${reasonOf(error, file)}`);
  }
}

function reasonOf(error: unknown, file: string): string {
  const isFolderMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
  return isFolderMissing ? `there is no folder ${dirname(file)}` : fileFailure(error);
}
