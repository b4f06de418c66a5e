import { rename, writeFile } from 'node:fs/promises';

/** Writes a file atomically: a killed process leaves the old file or the new one. */
export async function writeWhole(file: string, text: string): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`;
  await writeFile(temporary, text, { flush: true });
  await rename(temporary, file);
}
